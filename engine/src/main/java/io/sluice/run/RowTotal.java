package io.sluice.run;

/**
 * How many rows there are to pass, and how well that is known. An estimate is called one.
 *
 * @param rows rows; 0 when unknown
 */
public record RowTotal(long rows, Kind kind) {

    public static final RowTotal UNKNOWN = new RowTotal(0, Kind.UNKNOWN);

    /** How the number was found. */
    public enum Kind {
        /** Counted. */
        EXACT,
        /** The planner's guess. */
        ESTIMATE,
        /** Not known: show what was done, not what share of it. */
        UNKNOWN
    }

    public static RowTotal exact(long rows) {
        return new RowTotal(rows, Kind.EXACT);
    }

    public static RowTotal estimate(long rows) {
        return new RowTotal(rows, Kind.ESTIMATE);
    }
}
