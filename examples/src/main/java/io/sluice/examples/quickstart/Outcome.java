package io.sluice.examples.quickstart;

import java.util.Locale;

/**
 * What the quickstart came to.
 *
 * @param status that of the run group, SUCCEEDED when all is done; STOPPED by Ctrl-C, ERROR when it could not be run
 * @param rows customers in all databases together
 * @param seconds how long this process migrated
 * @param rowsPerSecond customers that went through both migrations in this process, by those seconds
 * @param verified true when every row was looked at and is as it should be
 */
record Outcome(String status, long rows, double seconds, long rowsPerSecond, boolean verified) {

    static final Outcome ERROR = new Outcome("ERROR", 0, 0, 0, false);

    static Outcome stopped(long rows) {
        return new Outcome("STOPPED", rows, 0, 0, false);
    }

    boolean isGood() {
        return verified && status.equals("SUCCEEDED");
    }

    String toJson() {
        return String.format(
                Locale.ROOT,
                "{\"status\":\"%s\",\"rows\":%d,\"seconds\":%.3f,\"rowsPerSecond\":%d,\"verified\":%b}",
                status,
                rows,
                seconds,
                rowsPerSecond,
                verified);
    }
}
