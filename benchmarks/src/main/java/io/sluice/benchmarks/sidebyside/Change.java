package io.sluice.benchmarks.sidebyside;

/** What is done to the rows; %s stands for the range. */
enum Change {
    UPDATE(
            "update items set status = " + Constants.STATUS + " where %s",
            "status is distinct from " + Constants.STATUS),
    /** Three rows of ten. */
    DELETE("delete from items where amount %% 10 < 3 and %s", "amount % 10 < 3");

    private final String statement;

    /** True of a row that is still to do. */
    final String remaining;

    Change(String statement, String remaining) {
        this.statement = statement;
        this.remaining = remaining;
    }

    String statement(String range) {
        return statement.formatted(range);
    }

    private static final class Constants {
        private static final String STATUS =
                "case when amount < 300 then 'low' when amount < 700 then 'middle' else 'high' end";
    }
}
