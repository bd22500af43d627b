package io.sluice.examples;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The README shows what was compiled, and it and the pages beside it lead where they say; those under docs: DocsSnippetsTest. */
class ReadmeTest {

    private static final Path ROOT = root();

    /** A block of Java and the comment before it: {@code <!-- snippet: path#tag -->}. */
    private static final Pattern JAVA_BLOCK = Pattern.compile(
            "(?:<!-- snippet: (?<path>\\S+)#(?<tag>[\\w-]+) -->\\n)?```java\\n(?<code>.*?)```", Pattern.DOTALL);

    private static final Pattern CODE = Pattern.compile("```.*?```|`[^`\\n]*`", Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ +(.*)$");

    @Test
    void showsTheRegionsOfCompiledFiles() throws IOException {
        List<MatchResult> blocks = JAVA_BLOCK.matcher(readme()).results().toList();

        assertThat(blocks).isNotEmpty().allSatisfy(block -> {
            assertThat(block.group(1)).as("the file that a block is from").isNotNull();
            assertThat(block.group(3).strip()).isEqualTo(region(ROOT.resolve(block.group(1)), block.group(2)));
        });
    }

    @Test
    void isShortAndGivesTwoCommands() throws IOException {
        assertThat(readme().lines().count()).isLessThanOrEqualTo(150);
        assertThat(readme())
                .contains("\nmvn -q -DskipTests package && java -jar examples/target/quickstart.jar\n")
                .contains("\nmvn -B verify\n");
    }

    @Test
    void listsEveryExample() throws IOException {
        try (Stream<Path> files = Files.list(ROOT.resolve("examples/src/main/java/io/sluice/examples"))) {
            for (Path file : files.filter(ReadmeTest::isProgram).toList()) {
                assertThat(readme()).contains(ROOT.relativize(file).toString());
            }
        }
    }

    @Test
    void everyLinkOfEveryPageLeadsSomewhere() throws IOException {
        List<String> dead = new ArrayList<>();
        for (Path page : pages()) {
            String text = CODE.matcher(Files.readString(page)).replaceAll("");
            for (MatchResult link : LINK.matcher(text).results().toList()) {
                if (!leadsSomewhere(page, link.group(1))) {
                    dead.add(ROOT.relativize(page) + " -> " + link.group(1));
                }
            }
        }
        assertThat(dead).isEmpty();
    }

    private static boolean leadsSomewhere(Path page, String link) throws IOException {
        if (link.matches("[a-z]+:.*")) {
            return true; // elsewhere
        }
        int hash = link.indexOf('#');
        Path target = hash == 0 ? page : page.resolveSibling(hash < 0 ? link : link.substring(0, hash));
        if (!Files.exists(target)) {
            return false;
        }
        return hash < 0 || !target.toString().endsWith(".md") || anchors(target).contains(link.substring(hash + 1));
    }

    /** As GitHub makes them of headings. */
    private static List<String> anchors(Path page) throws IOException {
        return HEADING.matcher(Files.readString(page))
                .results()
                .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
                .map(heading -> heading.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
                .toList();
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> files = Files.list(ROOT)) {
            return files.filter(file -> file.toString().endsWith(".md")).toList();
        }
    }

    private static boolean isProgram(Path file) {
        try {
            return file.toString().endsWith(".java")
                    && !file.endsWith("Quickstart.java")
                    && Files.readString(file).contains("public static void main");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String region(Path file, String tag) throws IOException {
        return Files.readString(file)
                .lines()
                .dropWhile(line -> !line.strip().equals("// tag::" + tag + "[]"))
                .skip(1)
                .takeWhile(line -> !line.strip().equals("// end::" + tag + "[]"))
                .collect(joining("\n"))
                .stripIndent()
                .strip();
    }

    private static String readme() throws IOException {
        return Files.readString(ROOT.resolve("README.md"));
    }

    /** The repository, wherever in it the tests are started. */
    private static Path root() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.exists(at.resolve("CONTRIBUTING.md"))) {
            at = at.getParent();
        }
        return at;
    }
}
