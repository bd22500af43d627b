package io.sluice.data;

import io.sluice.run.RowTotal;

/**
 * How many rows may stay behind before a run is given up: a migration that fails everywhere must not fill the quarantine.
 *
 * @param rows most rows in quarantine: 0 to 1 000 000, default 50; 0: none, a batch whose attempts are spent fails its run
 * @param share most of the rows of the run, as a share: above 0 to 1, default 0.01. One row is always within it; where the total
 *     is not known it is not asked
 */
public record QuarantineBudget(long rows, double share) {

    private static final long MOST_ROWS = 1_000_000;

    public static final QuarantineBudget DEFAULTS = new QuarantineBudget(50, 0.01);

    public static final QuarantineBudget NONE = new QuarantineBudget(0, 1);

    public QuarantineBudget {
        if (rows < 0 || rows > MOST_ROWS) {
            throw new IllegalArgumentException("quarantine budget must be 0.." + MOST_ROWS + " rows, was " + rows);
        }
        if (!(share > 0 && share <= 1)) {
            throw new IllegalArgumentException(
                    "share of the quarantine budget must be above 0 and up to 1, was " + share);
        }
    }

    /** False when no row may stay behind. */
    boolean allowsAny() {
        return rows > 0;
    }

    boolean isExceededBy(long quarantined, RowTotal total) {
        boolean known = total.kind() != RowTotal.Kind.UNKNOWN;
        return quarantined > rows || (known && quarantined > Math.max(1, Math.ceil(share * total.rows())));
    }
}
