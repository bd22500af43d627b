package io.sluice.webflux.api;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.springframework.boot.builder.SpringApplicationBuilder;

/** The application in a JVM of its own, with a heap of a given size. It works, and can be controlled over HTTP. */
final class ServedProcess implements AutoCloseable {

    private static final String PORT = "port ";

    private final Process process;
    private final int port;

    private ServedProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    static ServedProcess start(String url, String heap) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                heap,
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path"),
                ServedProcess.class.getName(),
                url));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = lines.readLine();
        while (line != null && !line.startsWith(PORT)) {
            line = lines.readLine();
        }
        int port = Integer.parseInt(
                Objects.requireNonNull(line, "it did not start").substring(PORT.length()));
        Thread drain = new Thread(() -> lines.lines().forEach(it -> {}), "drain");
        drain.setDaemon(true);
        drain.start();
        return new ServedProcess(process, port);
    }

    public static void main(String[] arguments) {
        var context = new SpringApplicationBuilder(ServedApplication.Application.class)
                .run(
                        "--server.port=0",
                        "--spring.r2dbc.url=" + arguments[0],
                        "--spring.autoconfigure.exclude=" + ServedApplication.NO_SECURITY,
                        "--springdoc.api-docs.enabled=false",
                        "--sluice.web.control=true",
                        "--sluice.worker.idle-poll=200ms");
        System.out.println(PORT + context.getEnvironment().getProperty("local.server.port"));
    }

    int port() {
        return port;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
