package io.sluice.examples;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The quickstart as a process of its own, without a terminal: the packaged jar where there is one, as under Maven. */
final class QuickstartProcess implements AutoCloseable {

    private static final Duration WITHIN = Duration.ofMinutes(2);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Process process;
    private final Path out;
    private final Path err;

    private QuickstartProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** Without the page, which takes seconds to begin, unless a port says that it is looked at. */
    static QuickstartProcess start(Path scratch, String... options) {
        try {
            Path out = Files.createTempFile(scratch, "quickstart", ".out");
            Path err = Files.createTempFile(scratch, "quickstart", ".err");
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m"));
            command.addAll(program());
            command.addAll(List.of(options));
            if (Stream.of(options).noneMatch(it -> it.startsWith("--port"))) {
                command.add("--no-page");
            }
            Process process = new ProcessBuilder(command)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            return new QuickstartProcess(process, out, err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> program() {
        String jar = System.getProperty("quickstart.jar");
        return jar == null
                ? List.of("-cp", System.getProperty("java.class.path"), Quickstart.class.getName())
                : List.of("-jar", jar);
    }

    /** Lines on standard output so far; the last may be half written. */
    List<String> lines() {
        return read(out).lines().toList();
    }

    String errors() {
        return read(err);
    }

    /** Waits for a line, and fails with all that was said when it does not come. */
    String line(Predicate<String> wanted) {
        await().atMost(WITHIN)
                .pollInterval(Duration.ofMillis(50))
                .conditionEvaluationListener(null)
                .until(() -> lines().stream().anyMatch(wanted) || !process.isAlive());
        return lines().stream().filter(wanted).findFirst().orElseThrow(() -> new AssertionError(said()));
    }

    /** The verdict: the last line of standard output. */
    JsonNode verdict() {
        List<String> lines = lines();
        if (lines.isEmpty() || !lines.get(lines.size() - 1).startsWith("{")) {
            throw new AssertionError(said());
        }
        return JSON.readTree(lines.get(lines.size() - 1));
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** SIGKILL: no hook runs, nothing is tidied up. */
    void kill() {
        process.destroyForcibly();
        exitCode();
    }

    /** SIGTERM, which the JVM treats as the SIGINT of Ctrl-C. That one is ignored where a build runs in the background. */
    void interrupt() {
        process.destroy();
    }

    /** Waits for the end. */
    int exitCode() {
        try {
            if (!process.waitFor(WITHIN.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("still running: " + said());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    private String said() {
        return "standard output:\n" + read(out) + "\nstandard error:\n" + read(err);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
