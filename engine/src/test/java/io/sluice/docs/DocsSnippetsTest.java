package io.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Code on a page is code of a tested file, and links lead somewhere. */
class DocsSnippetsTest {

    private static final Pattern BLOCK =
            Pattern.compile("(?<before>[^\\n]*)\\n```(?:java|sql)\\n(?<code>.*?)\\n```", Pattern.DOTALL);
    private static final Pattern SNIPPET = Pattern.compile("<!-- snippet: (?<reference>\\S+#[\\w-]+) -->");
    private static final Pattern LINK = Pattern.compile("]\\((?<target>[^)\\s]+)\\)");
    private static final Pattern CODE = Pattern.compile("```.*?```|`[^`\\n]+`", Pattern.DOTALL);
    private static final Pattern HEADING = Pattern.compile("^#+ (?<title>.+)$", Pattern.MULTILINE);

    static Stream<Path> pages() {
        return Pages.all().stream();
    }

    @Test
    void thereArePagesWithCode() {
        assertThat(pages().filter(page -> BLOCK.matcher(Pages.text(page)).find())
                        .count())
                .isGreaterThan(5);
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyBlockOfCodeIsARegionOfATestedFile(Path page) {
        Matcher block = BLOCK.matcher(Pages.text(page));
        while (block.find()) {
            Matcher snippet = SNIPPET.matcher(block.group("before"));
            assertThat(snippet.matches())
                    .as("%s: no <!-- snippet: path#tag --> before%n%s", page, block.group("code"))
                    .isTrue();
            String reference = snippet.group("reference");
            assertThat(reference).matches("(engine|webflux-adapter|examples)/src/.*");
            assertThat(block.group("code")).as("%s shows %s", page, reference).isEqualTo(Pages.region(reference));
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everySnippetHasItsBlock(Path page) {
        String text = Pages.text(page);

        assertThat(text.lines().filter(line -> SNIPPET.matcher(line).matches()))
                .hasSize((int) BLOCK.matcher(text).results().count());
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyRelativeLinkLeadsSomewhere(Path page) {
        List<String> dead = new ArrayList<>();
        Matcher link = LINK.matcher(CODE.matcher(Pages.text(page)).replaceAll("code"));
        while (link.find()) {
            String target = link.group("target");
            if (!target.contains("://") && !leadsSomewhere(page, target)) {
                dead.add(target);
            }
        }

        assertThat(dead).isEmpty();
    }

    private static boolean leadsSomewhere(Path page, String target) {
        int hash = target.indexOf('#');
        String path = hash < 0 ? target : target.substring(0, hash);
        Path file = path.isEmpty() ? page : page.resolveSibling(path).normalize();
        return Files.exists(file) && (hash < 0 || headings(file).contains(target.substring(hash + 1)));
    }

    /** Anchors as they are made from headings where the pages are read. */
    private static List<String> headings(Path file) {
        return HEADING.matcher(Pages.text(file))
                .results()
                .map(it -> it.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'))
                .toList();
    }
}
