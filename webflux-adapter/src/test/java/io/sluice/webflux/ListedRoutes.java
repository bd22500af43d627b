package io.sluice.webflux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The routes that the reference lists, as {@code GET /api/runs}. */
public final class ListedRoutes {

    static final Path DOCS = docs();

    private ListedRoutes() {}

    public static Set<String> all() throws IOException {
        return Pattern.compile("(?m)^\\| (GET|POST|PATCH) \\| `([^`]*)` ")
                .matcher(Files.readString(DOCS.resolve("reference/http.md")))
                .results()
                .map(it -> it.group(1) + " " + it.group(2))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Path docs() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.exists(at.resolve("docs/architecture.md"))) {
            at = at.getParent();
        }
        return at.resolve("docs");
    }
}
