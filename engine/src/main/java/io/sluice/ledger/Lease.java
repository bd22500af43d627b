package io.sluice.ledger;

import io.sluice.run.RunId;

/**
 * The right to go on with a run. The token grows with every change of hands, and every commit of a sub-batch is guarded by it.
 *
 * @param owner who holds it, for people to read
 */
public record Lease(RunId run, long token, String owner) {}
