package io.sluice.run;

import java.time.Instant;
import java.util.List;

/**
 * A row that its migration could not migrate, alone. It is open until a retry migrates it or somebody dismisses it.
 *
 * @param number in the ledger; keys that failed later have greater ones
 * @param key text of each column of the key, in order; for items of a custom source their cursor
 * @param attempts how often it was tried alone
 * @param at when it was put there
 * @param failure why, as far as errors are kept
 */
public record QuarantinedKey(RunId run, long number, List<String> key, int attempts, Instant at, Failure failure) {

    public QuarantinedKey {
        key = List.copyOf(key);
    }
}
