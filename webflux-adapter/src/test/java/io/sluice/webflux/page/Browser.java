package io.sluice.webflux.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A headless Chromium with one page, driven by its own protocol
 * (<a href="https://chromedevtools.github.io/devtools-protocol/">DevTools</a>): what a person would see, click and find in the console.
 */
final class Browser implements AutoCloseable, WebSocket.Listener {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Process process;
    private final Path profile;
    private final WebSocket socket;
    private final AtomicInteger last = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> asked = new ConcurrentHashMap<>();
    private final List<String> errors = new CopyOnWriteArrayList<>();
    private final StringBuilder message = new StringBuilder();

    /** CHROME_BIN, or what is on the path; empty where there is none. */
    static Optional<Path> installed() {
        String given = System.getenv("CHROME_BIN");
        if (given != null) {
            return Optional.of(Path.of(given));
        }
        return Stream.of(String.valueOf(System.getenv("PATH")).split(File.pathSeparator))
                .flatMap(dir -> Stream.of("chromium", "chromium-browser", "google-chrome", "chrome")
                        .map(name -> Path.of(dir, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    Browser(Path program) throws IOException, InterruptedException {
        profile = Files.createTempDirectory("browser");
        process = new ProcessBuilder(
                        program.toString(),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "--window-size=1100,900",
                        "about:blank")
                .redirectErrorStream(true)
                .start();
        URI door = URI.create(door());
        HttpClient http = HttpClient.newHttpClient();
        String pages = http.send(
                        HttpRequest.newBuilder(URI.create("http://" + door.getAuthority() + "/json"))
                                .build(),
                        BodyHandlers.ofString())
                .body();
        String page = JSON.readTree(pages)
                .valueStream()
                .filter(it -> it.path("type").asString().equals("page"))
                .findFirst()
                .orElseThrow()
                .path("webSocketDebuggerUrl")
                .asString();
        socket = http.newWebSocketBuilder().buildAsync(URI.create(page), this).join();
        for (String domain : List.of("Page", "Runtime", "Log")) {
            ask(domain + ".enable", Map.of());
        }
    }

    private String door() throws IOException {
        BufferedReader said = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            int at = line.indexOf("ws://");
            if (line.contains("DevTools listening") && at >= 0) {
                Thread rest = new Thread(() -> said.lines().forEach(it -> {}), "browser-output");
                rest.setDaemon(true);
                rest.start();
                return line.substring(at);
            }
        }
        throw new IOException("the browser ended before it listened");
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean whole) {
        message.append(data);
        if (whole) {
            heard(JSON.readTree(message.toString()));
            message.setLength(0);
        }
        from.request(1);
        return CompletableFuture.completedStage(null);
    }

    private void heard(JsonNode it) {
        JsonNode params = it.path("params");
        switch (it.path("method").asString("")) {
            case "Runtime.exceptionThrown" ->
                errors.add(params.path("exceptionDetails").toString());
            case "Runtime.consoleAPICalled" -> {
                if (params.path("type").asString().equals("error")) {
                    errors.add(params.path("args").toString());
                }
            }
            case "Log.entryAdded" -> {
                if (params.path("entry").path("level").asString().equals("error")) {
                    errors.add(params.path("entry").path("text").asString());
                }
            }
            default -> {
                CompletableFuture<JsonNode> answer = asked.remove(it.path("id").asInt(-1));
                if (answer != null) {
                    answer.complete(it);
                }
            }
        }
    }

    private JsonNode ask(String method, Map<String, ?> params) {
        int id = last.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        asked.put(id, answer);
        socket.sendText(JSON.writeValueAsString(Map.of("id", id, "method", method, "params", params)), true)
                .join();
        return answer.orTimeout(30, TimeUnit.SECONDS).join().path("result");
    }

    void open(String address) {
        ask("Page.navigate", Map.of("url", address));
    }

    /** The value of an expression, as text. */
    String eval(String expression) {
        JsonNode result =
                ask("Runtime.evaluate", Map.of("expression", "String(" + expression + ")", "returnByValue", true));
        return result.path("result").path("value").asString("");
    }

    /** All text of the elements that a selector finds. */
    String text(String selector) {
        return eval("[...document.querySelectorAll(" + JSON.writeValueAsString(selector)
                + ")].map(it => it.textContent).join('|')");
    }

    void click(String selector) {
        eval("document.querySelector(" + JSON.writeValueAsString(selector) + ").click()");
    }

    /** Presses and releases a key, as Tab (9) or Enter (13). */
    void press(String key, int code) {
        for (String type : List.of("keyDown", "keyUp")) {
            ask(
                    "Input.dispatchKeyEvent",
                    Map.of(
                            "type",
                            type,
                            "key",
                            key,
                            "code",
                            key,
                            "windowsVirtualKeyCode",
                            code,
                            "text",
                            key.equals("Enter") && type.equals("keyDown") ? "\r" : ""));
        }
    }

    /** Sees the page in dark or light, on a screen of this width. */
    void emulate(String scheme, int width, int height) {
        ask(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
        ask(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
    }

    void screenshot(Path file) throws IOException {
        JsonNode shot = ask("Page.captureScreenshot", Map.of("format", "png"));
        Files.createDirectories(file.getParent());
        Files.write(file, Base64.getDecoder().decode(shot.path("data").asString()));
    }

    /** Errors in the console since the last call. */
    List<String> errors() {
        List<String> seen = List.copyOf(errors);
        errors.clear();
        return seen;
    }

    @Override
    public void close() throws IOException {
        socket.abort();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.onExit().join();
        try (Stream<Path> files = Files.walk(profile)) {
            files.sorted(Comparator.reverseOrder()).forEach(it -> it.toFile().delete());
        }
    }
}
