package io.sluice.scenario;

import io.sluice.testkit.Database;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@link WorkerProcess}, or another program, in a JVM of its own, which can be killed and frozen. It goes with this JVM, however that ends. */
final class ChildWorker implements AutoCloseable {

    private final Process process;
    private final Process guard;
    private final List<String> said = Collections.synchronizedList(new ArrayList<>());

    private ChildWorker(Process process, Process guard) {
        this.process = process;
        this.guard = guard;
        Thread reader = new Thread(this::read, "output of worker " + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts a worker on the database; it needs a second or two before it claims anything. */
    static ChildWorker start(Database database, String instance, Duration lease, String... jvmOptions) {
        return start(
                WorkerProcess.class, List.of(database.url(), instance, String.valueOf(lease.toMillis())), jvmOptions);
    }

    /** Starts a program. */
    static ChildWorker start(Class<?> program, List<String> arguments, String... jvmOptions) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m"));
        command.addAll(List.of(jvmOptions));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
        command.addAll(arguments);
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            // The end of its standard input is the end of this JVM. Unlike the worker, the guard is never frozen.
            Process guard = new ProcessBuilder("sh", "-c", "read -r never; kill -KILL " + process.pid()).start();
            return new ChildWorker(process, guard);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGKILL: no handler runs, no lease is handed back, sockets are closed by the kernel. */
    void kill() {
        signal("KILL");
        awaitEnd();
    }

    /** SIGSTOP: it does nothing any more, and its connections stay open. */
    void freeze() {
        signal("STOP");
    }

    /** SIGCONT: it goes on and does not know that time has passed. */
    void thaw() {
        signal("CONT");
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** What it has said so far, line by line. */
    List<String> said() {
        synchronized (said) {
            return List.copyOf(said);
        }
    }

    @Override
    public void close() {
        guard.destroyForcibly();
        process.destroyForcibly();
        awaitEnd();
    }

    private void signal(String name) {
        try {
            int code = new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid())
                    .start()
                    .waitFor();
            if (code != 0) {
                throw new IllegalStateException("worker " + process.pid() + " got no " + name + "; it said " + said());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void awaitEnd() {
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("worker " + process.pid() + " does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void read() {
        try (BufferedReader output = process.inputReader()) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                said.add(line);
            }
        } catch (IOException e) {
            said.add("no more to read: " + e.getMessage());
        }
    }
}
