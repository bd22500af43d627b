package io.sluice.benchmarks.scale;

/** What is done to each row of {@code items (id, n)}, where n is 0 at first. */
enum Change {
    /** A new version of every row; one that is done twice can be told from one that is done once. */
    UPDATE("update items set n = n + 1 where {batch}", 1),
    /** Every row is looked at and none is changed: what is left is the cost of the engine, and of a scan. */
    PASS("update items set n = n + 1 where {batch} and n < 0", 0);

    final String statement;

    /** Of a row that is done. */
    private final int value;

    Change(String statement, int value) {
        this.statement = statement;
        this.value = value;
    }

    /** Rows that are not as they ought to be, or are not there. */
    String wrongRows(long rows) {
        return "select %d - count(*) from items where n = %d".formatted(rows, value);
    }
}
