/** Where: the databases that a Sluice works on, each with its name, its connections and its ledger. */
@NullMarked
package io.sluice.shard;

import org.jspecify.annotations.NullMarked;
