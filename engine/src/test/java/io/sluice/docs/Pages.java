package io.sluice.docs;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The pages of the manual, and the tagged regions of tested files which they show. */
final class Pages {

    /** The repository, wherever in it the tests are started. */
    static final Path ROOT = root();

    private Pages() {}

    /** All pages, in the order of their paths. */
    static List<Path> all() {
        try (Stream<Path> files = Files.walk(ROOT.resolve("docs"))) {
            return files.filter(it -> it.toString().endsWith(".md")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String text(Path file) {
        try {
            return Files.readString(file, UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String text(String path) {
        return text(ROOT.resolve(path));
    }

    /** A region of a file, {@code path#tag}, without the indentation that its lines share. */
    static String region(String reference) {
        int hash = reference.indexOf('#');
        String tag = reference.substring(hash + 1);
        List<String> lines = text(reference.substring(0, hash)).lines().toList();
        int begin = only(lines, "tag::" + tag + "[]", reference);
        int end = only(lines, "end::" + tag + "[]", reference);
        return unindented(lines.subList(begin + 1, end).stream()
                .filter(line -> !line.strip().matches("(//|--) (tag|end)::[\\w-]+\\[]"))
                .toList());
    }

    static String unindented(List<String> lines) {
        return lines.stream().collect(Collectors.joining("\n")).stripIndent().strip();
    }

    private static int only(List<String> lines, String mark, String reference) {
        List<String> marked =
                lines.stream().filter(line -> line.strip().endsWith(" " + mark)).toList();
        if (marked.size() != 1) {
            throw new IllegalArgumentException(
                    reference + ": '" + mark + "' must be there once, is " + marked.size() + " times");
        }
        return lines.indexOf(marked.get(0));
    }

    private static Path root() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.exists(at.resolve("docs/architecture.md"))) {
            at = at.getParent();
        }
        return at;
    }
}
