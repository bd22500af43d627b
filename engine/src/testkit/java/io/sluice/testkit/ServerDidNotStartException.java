package io.sluice.testkit;

/** The server ended before it took connections; the message has the end of its log. */
public final class ServerDidNotStartException extends RuntimeException {

    private final boolean worthAnotherTry;

    ServerDidNotStartException(int port, String log) {
        super("PostgreSQL did not start on port " + port + "; the end of its log:\n" + log);
        // The port was taken since it was chosen, or the children of a killed postmaster are not all gone yet.
        this.worthAnotherTry = log.contains("could not bind")
                || log.contains("could not create any TCP/IP sockets")
                || log.contains("pre-existing shared memory block");
    }

    boolean isWorthAnotherTry() {
        return worthAnotherTry;
    }
}
