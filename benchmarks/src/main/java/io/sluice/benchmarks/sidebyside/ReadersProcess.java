package io.sluice.benchmarks.sidebyside;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** {@link ProgressReaders} in a JVM of their own: their garbage and threads are none of the application's. */
final class ReadersProcess implements AutoCloseable {

    private static final Duration LONGEST = Duration.ofMinutes(10);

    private final Process process;
    private final BufferedReader lines;

    private ReadersProcess(Process process) {
        this.process = process;
        this.lines = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Begins to read; what goes wrong there is told on the standard error of this JVM. */
    static ReadersProcess start(int port, String path, int readers) throws IOException {
        return new ReadersProcess(new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        // one small loop: what compiles and collects it must not take the processors of who is measured
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ProgressReaders.class.getName(),
                        Integer.toString(port),
                        path,
                        Integer.toString(readers))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /** Waits until each reader has been told something. */
    void awaitBegin() throws Exception {
        line(ProgressReaders.BEGUN);
    }

    /**
     * Waits until all readers have seen the end of a run that SUCCEEDED.
     *
     * @return how many they were
     */
    int awaitEnd() throws Exception {
        return Integer.parseInt(line(ProgressReaders.ENDED).substring(ProgressReaders.ENDED.length()));
    }

    private String line(String beginning) throws Exception {
        String line = CompletableFuture.supplyAsync(this::next).get(LONGEST.toSeconds(), TimeUnit.SECONDS);
        if (line == null || !line.startsWith(beginning)) {
            throw new IllegalStateException("the readers were to say '" + beginning.strip() + "', and said "
                    + (line == null ? "nothing" : line));
        }
        return line;
    }

    /** Null when they say no more. */
    private @Nullable String next() {
        try {
            return lines.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
