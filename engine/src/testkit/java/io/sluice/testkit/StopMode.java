package io.sluice.testkit;

/** How a server is told to stop; the names are those of {@code pg_ctl stop -m}. */
public enum StopMode {
    /** Sessions are ended, their transactions rolled back, everything is written: the next start is a clean one. */
    FAST,
    /** A crash: nothing is written any more, and the next start recovers from the write-ahead log. */
    IMMEDIATE;

    /** The word which {@code guard.sh} understands. */
    String word() {
        return switch (this) {
            case FAST -> "fast";
            case IMMEDIATE -> "immediate";
        };
    }
}
