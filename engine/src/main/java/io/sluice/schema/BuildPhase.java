package io.sluice.schema;

import io.sluice.run.SchemaProgress.Counted;
import java.util.Arrays;

/**
 * The phases of a concurrent build as {@code pg_stat_progress_create_index} names them, each with the share of the whole that is
 * done when it begins and when it ends. The shares are those of a b-tree over a large table; <a
 * href="https://www.postgresql.org/docs/current/progress-reporting.html#CREATE-INDEX-PROGRESS-REPORTING">the manual</a> has the
 * phases.
 */
enum BuildPhase {
    INITIALIZING("initializing", 0, 0.5, By.NOTHING),
    WRITERS_BEFORE_BUILD("waiting for writers before build", 0.5, 1, By.LOCKERS),
    SCANNING_TABLE("building index: scanning table", 1, 45, By.BLOCKS),
    SORTING_LIVE("building index: sorting live tuples", 45, 50, By.NOTHING),
    SORTING_DEAD("building index: sorting dead tuples", 50, 51, By.NOTHING),
    LOADING("building index: loading tuples in tree", 51, 60, By.TUPLES),
    BUILDING("building index", 1, 60, By.BLOCKS),
    WRITERS_BEFORE_VALIDATION("waiting for writers before validation", 60, 61, By.LOCKERS),
    VALIDATION_INDEX("index validation: scanning index", 61, 66, By.BLOCKS),
    VALIDATION_SORTING("index validation: sorting tuples", 66, 68, By.NOTHING),
    VALIDATION_TABLE("index validation: scanning table", 68, 97, By.BLOCKS),
    OLD_SNAPSHOTS("waiting for old snapshots", 97, 99, By.LOCKERS),
    READERS_BEFORE_MARKING("waiting for readers before marking dead", 99, 99.5, By.LOCKERS),
    READERS_BEFORE_DROPPING("waiting for readers before dropping", 99.5, 99.9, By.LOCKERS),
    UNKNOWN("", 0, 0, By.NOTHING);

    private enum By {
        NOTHING,
        BLOCKS,
        TUPLES,
        LOCKERS
    }

    private final String words;
    private final double from;
    private final double to;
    private final By by;

    BuildPhase(String words, double from, double to, By by) {
        this.words = words;
        this.from = from;
        this.to = to;
        this.by = by;
    }

    /** The phase of these words; where a method of index has words of its own for a part of the build, the build. */
    static BuildPhase of(String words) {
        return Arrays.stream(values())
                .filter(it -> it != UNKNOWN && words.startsWith(it.words))
                .findFirst()
                .orElse(UNKNOWN);
    }

    /** Percent of the whole build, 0 to below 100. */
    double percent(Counted blocks, Counted tuples, Counted lockers) {
        Counted counted = counted(blocks, tuples, lockers);
        double share = counted.total() == 0 ? 0 : Math.min(1, (double) counted.done() / counted.total());
        return from + (to - from) * share;
    }

    /** True while the server counts in this phase, and the count is not at its end: sorting and flushing are not counted. */
    boolean isCounting(Counted blocks, Counted tuples, Counted lockers) {
        Counted counted = counted(blocks, tuples, lockers);
        return counted.done() < counted.total();
    }

    /** Whether its progress is that through the blocks of the table or the index. */
    boolean isOfBlocks() {
        return by == By.BLOCKS;
    }

    private Counted counted(Counted blocks, Counted tuples, Counted lockers) {
        return switch (by) {
            case NOTHING -> new Counted(0, 0);
            case BLOCKS -> blocks;
            case TUPLES -> tuples;
            case LOCKERS -> lockers;
        };
    }
}
