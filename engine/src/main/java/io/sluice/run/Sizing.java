package io.sluice.run;

import java.time.Duration;

/**
 * How the size of a sub-batch follows the time that one takes. The smaller a transaction, the shorter it holds its row locks;
 * the larger, the less its overhead counts.
 *
 * @param target time of one sub-batch's transaction, without its commit: 1 ms to 1 minute, default 50 ms; zero: the size is fixed
 * @param least fewest rows that it is made for the target's sake: 1 to 100 000, default 50. A sub-batch that ran into its timeout
 *     or holds a bad row is made smaller still
 * @param most most rows: {@code least} to 100 000, default 20 000
 */
public record Sizing(Duration target, int least, int most) {

    private static final int MOST_ROWS = 100_000;
    private static final Duration SHORTEST = Duration.ofMillis(1);
    private static final Duration LONGEST = Duration.ofMinutes(1);

    public static final Sizing FIXED = new Sizing(Duration.ZERO, 1, MOST_ROWS);

    public static final Sizing ADAPTIVE = new Sizing(Duration.ofMillis(50), 50, 20_000);

    public Sizing {
        boolean inRange = target.compareTo(SHORTEST) >= 0 && target.compareTo(LONGEST) <= 0;
        if (!target.isZero() && !inRange) {
            throw new IllegalArgumentException(
                    "target time of a sub-batch must be 0 or " + SHORTEST + ".." + LONGEST + ", was " + target);
        }
        rows("least sub-batch size", least, 1, MOST_ROWS);
        rows("most sub-batch size", most, least, MOST_ROWS);
    }

    public Sizing withTarget(Duration time) {
        return new Sizing(time, least, most);
    }

    public Sizing within(int fewest, int mostRows) {
        return new Sizing(target, fewest, mostRows);
    }

    public boolean isFixed() {
        return target.isZero();
    }

    /** Not shared with {@link BatchSettings}: whose defaults need these, so whose class must not be needed to make them. */
    private static void rows(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(option + " must be " + least + ".." + most + ", was " + value);
        }
    }
}
