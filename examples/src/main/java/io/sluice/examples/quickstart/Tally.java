package io.sluice.examples.quickstart;

/**
 * What the rows of the shop look like when every one of them was looked at.
 *
 * @param once rows whose points were raised exactly once
 * @param missed rows whose points were not raised
 * @param twice rows whose points were raised more than once
 * @param notLowered rows whose email_lower is not what it should be
 */
record Tally(long rows, long once, long missed, long twice, long notLowered) {

    static final Tally NOTHING = new Tally(0, 0, 0, 0, 0);

    Tally plus(Tally other) {
        return new Tally(
                rows + other.rows,
                once + other.once,
                missed + other.missed,
                twice + other.twice,
                notLowered + other.notLowered);
    }

    boolean isRight(long expected) {
        return rows == expected && once == expected && notLowered == 0;
    }

    String describe() {
        return String.format(
                "%,d rows: %,d raised exactly once, %,d never, %,d more than once; email_lower wrong in %,d",
                rows, once, missed, twice, notLowered);
    }
}
