package io.sluice.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Runs the short programs that surround a server: {@code initdb}, {@code postgres -V}, {@code setpriv}. */
final class Programs {

    private Programs() {}

    /** A process of ours: no variable of the caller's environment reaches PostgreSQL, messages are in English. */
    static ProcessBuilder process(Path directory, List<String> command) {
        ProcessBuilder process =
                new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        process.environment().keySet().removeIf(name -> name.startsWith("PG"));
        process.environment().put("LC_ALL", "C");
        return process;
    }

    /** What the program printed; it fails with that when the program does. */
    static String output(Path directory, List<String> command) {
        Finished finished;
        try {
            finished = run(directory, command);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + command.get(0), e);
        }
        if (finished.status() != 0) {
            throw new IllegalStateException(
                    String.join(" ", command) + " ended with status " + finished.status() + ":\n" + finished.output());
        }
        return finished.output();
    }

    /** Whether the program exists and ends well. */
    static boolean succeeds(Path directory, List<String> command) {
        try {
            return run(directory, command).status() == 0;
        } catch (IOException e) {
            return false; // not installed
        }
    }

    private static Finished run(Path directory, List<String> command) throws IOException {
        Process process = process(directory, command).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            return new Finished(process.waitFor(), output.strip());
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while running " + command.get(0), e);
        }
    }

    private record Finished(int status, String output) {}
}
