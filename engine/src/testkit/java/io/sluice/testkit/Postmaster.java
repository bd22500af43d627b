package io.sluice.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** One running server. Between this JVM and it stands {@code guard.sh}, which stops it when the JVM is gone. */
final class Postmaster {

    private static final Duration START_WITHIN = Duration.ofSeconds(60);
    private static final Duration STOP_WITHIN = Duration.ofSeconds(30);
    private static final Duration PREVIOUS_SERVER_STOPS_WITHIN = Duration.ofSeconds(30);
    private static final Duration LOOK_EVERY = Duration.ofMillis(20);
    private static final int LOG_LINES = 20;

    private final DataDirectory data;
    private final Process guard;

    private Postmaster(DataDirectory data, Process guard) {
        this.data = data;
        this.guard = guard;
    }

    /**
     * Starts a server and waits until it takes connections. A server of a killed JVM which is still ending on the same
     * data is waited for.
     */
    static Postmaster start(DataDirectory data, int port, Map<String, String> settings) {
        awaitPreviousServer(data);
        Postmaster postmaster = new Postmaster(data, launch(data, port, settings));
        if (!await(START_WITHIN, () -> postmaster.isReady() || !postmaster.guard.isAlive()) || !postmaster.isReady()) {
            String log = data.endOfLog(LOG_LINES);
            postmaster.stop(StopMode.IMMEDIATE);
            throw new ServerDidNotStartException(port, log);
        }
        return postmaster;
    }

    private static Process launch(DataDirectory data, int port, Map<String, String> settings) {
        List<String> server = new ArrayList<>(List.of("sh", "-c", guardScript(), "postgres-guard"));
        server.addAll(
                List.of(data.binaries().program("postgres"), "-D", data.path().toString()));
        // No Unix socket: the directory that Debian's binaries put it in may not be written by everybody.
        server.addAll(List.of("-p", String.valueOf(port), "-h", EmbeddedPostgres.HOST, "-k", ""));
        settings.forEach((name, value) -> server.addAll(List.of("-c", name + "=" + value)));

        List<String> command = new ArrayList<>();
        if (Programs.succeeds(Path.of("/"), List.of("setsid", "true"))) {
            command.add("setsid"); // Ctrl-C in the terminal is for the program that uses the server, not for the server
        }
        command.addAll(data.user().command(server.toArray(String[]::new)));
        try {
            return Programs.process(data.binaries().bin(), command)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(data.log().toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + command.get(0), e);
        }
    }

    private static void awaitPreviousServer(DataDirectory data) {
        BooleanSupplier gone =
                () -> data.server().filter(PostmasterPid::isRunning).isEmpty();
        if (!await(PREVIOUS_SERVER_STOPS_WITHIN, gone)) {
            throw new IllegalStateException("another server runs on " + data.path() + ": "
                    + data.server().orElseThrow());
        }
        data.forgetCrashedServer();
    }

    /** The process number of the postmaster itself, which is not that of its guard. */
    long pid() {
        return data.server()
                .map(PostmasterPid::process)
                .orElseThrow(() -> new IllegalStateException("the server on " + data.path() + " does not run"));
    }

    boolean isAlive() {
        return guard.isAlive();
    }

    /** Returns when the server is gone. It is made to crash if it does not stop in time. */
    void stop(StopMode mode) {
        tell(mode);
        if (!ended() && mode == StopMode.FAST) {
            tell(StopMode.IMMEDIATE);
        }
        if (!ended()) {
            guard.descendants().forEach(ProcessHandle::destroyForcibly);
            guard.destroyForcibly();
        }
        closePipe();
    }

    private boolean isReady() {
        return guard.isAlive() && data.server().filter(PostmasterPid::ready).isPresent();
    }

    private boolean ended() {
        return await(STOP_WITHIN, () -> !guard.isAlive());
    }

    @SuppressWarnings("resource") // the pipe stays open: its end is what tells the guard that this JVM is gone
    private void tell(StopMode mode) {
        try {
            OutputStream pipe = guard.getOutputStream();
            pipe.write((mode.word() + "\n").getBytes(StandardCharsets.US_ASCII));
            pipe.flush();
        } catch (IOException e) {
            // The guard does not listen any more: it ends as its server has ended.
        }
    }

    private void closePipe() {
        try {
            guard.getOutputStream().close();
        } catch (IOException e) {
            // Nobody reads it any more, which is what closing is for.
        }
    }

    private static boolean await(Duration atMost, BooleanSupplier condition) {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(LOOK_EVERY.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return condition.getAsBoolean();
            }
        }
        return true;
    }

    private static String guardScript() {
        try (InputStream script = Postmaster.class.getResourceAsStream("guard.sh")) {
            if (script == null) {
                throw new IllegalStateException("guard.sh is missing beside the classes of the testkit");
            }
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read guard.sh", e);
        }
    }
}
