package io.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.EnqueueSchema;
import io.sluice.SluiceBuilder;
import io.sluice.data.DataSettings;
import io.sluice.data.QuarantineBudget;
import io.sluice.data.TransactionLimits;
import io.sluice.event.SluiceEvent;
import io.sluice.lock.LockRetrier;
import io.sluice.run.BatchSettings;
import io.sluice.run.RetryPolicy;
import io.sluice.run.RunStatus;
import io.sluice.run.Sizing;
import io.sluice.run.Verb;
import io.sluice.schema.BlockerPolicy;
import io.sluice.schema.SchemaSettings;
import io.sluice.shard.Budget;
import io.sluice.worker.Retention;
import io.sluice.worker.WorkerSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The pages that list things list all of them, and say what the code says. */
class ReferencePagesTest {

    private static final Path MAIN = Pages.ROOT.resolve("engine/src/main");

    static Stream<Record> settings() {
        return Stream.of(
                WorkerSettings.DEFAULTS,
                BatchSettings.DEFAULTS,
                DataSettings.DEFAULTS,
                TransactionLimits.DEFAULTS,
                Sizing.ADAPTIVE,
                QuarantineBudget.DEFAULTS,
                RetryPolicy.DEFAULTS,
                Budget.DEFAULTS,
                Retention.DEFAULTS,
                SchemaSettings.DEFAULTS,
                BlockerPolicy.WAIT);
    }

    @ParameterizedTest
    @MethodSource("settings")
    void everyOptionIsListedWithItsDefault(Record defaults) throws ReflectiveOperationException {
        String section =
                section("docs/reference/configuration.md", defaults.getClass().getSimpleName());

        for (RecordComponent option : defaults.getClass().getRecordComponents()) {
            assertThat(section)
                    .contains("\n| `" + option.getName() + "` | "
                            + written(option.getAccessor().invoke(defaults)) + " | ");
        }
    }

    static Stream<Class<?>> fluent() {
        return Stream.of(SluiceBuilder.class, Enqueue.class, EnqueueSchema.class);
    }

    @ParameterizedTest
    @MethodSource("fluent")
    void everyMethodThatSaysSomethingIsListed(Class<?> type) {
        String section = section("docs/reference/configuration.md", type.getSimpleName());
        Set<String> methods = Arrays.stream(type.getDeclaredMethods())
                .filter(it -> Modifier.isPublic(it.getModifiers()) && !Modifier.isStatic(it.getModifiers()))
                .filter(it -> it.getReturnType() == type)
                .map(Method::getName)
                .collect(Collectors.toSet());

        assertThat(methods).isNotEmpty();
        assertThat(firstCells(section)).containsExactlyInAnyOrderElementsOf(methods);
    }

    @ParameterizedTest
    @EnumSource(RunStatus.class)
    void theTableOfStatusesIsTheTransitionTable(RunStatus status) {
        String row = row(section("docs/concepts/run.md", "Status"), status.name());

        assertThat(listed(row))
                .containsExactlyInAnyOrderElementsOf(
                        status.next().stream().map(RunStatus::name).toList());
    }

    @ParameterizedTest
    @EnumSource(Verb.class)
    void theTableOfVerbsHasTheirEdges(Verb verb) {
        String row = row(section("docs/concepts/run.md", "Verbs"), verb.name().toLowerCase(Locale.ROOT));

        assertThat(listed(row))
                .containsExactlyInAnyOrderElementsOf(verb.allowedIn().stream()
                        .map(from -> from + " → " + verb.from(from).orElseThrow())
                        .toList());
    }

    @Test
    void everyEventIsListedWithItsFields() {
        String page = Pages.text("docs/reference/events.md");

        for (Class<?> event : SluiceEvent.class.getPermittedSubclasses()) {
            String row = row(page, "`" + event.getSimpleName() + "`");
            for (RecordComponent field : event.getRecordComponents()) {
                assertThat(field.getName().equals("origin") || row.contains("`" + field.getName() + "`"))
                        .as("%s of %s", field.getName(), event.getSimpleName())
                        .isTrue();
            }
        }
    }

    @Test
    void everyErrorIsListed() {
        List<String> errors = sources("java/io/sluice", ".java")
                .flatMap(source -> Pattern.compile("public final class (\\w+) extends SluiceException")
                        .matcher(source)
                        .results()
                        .map(it -> it.group(1)))
                .toList();

        assertThat(errors).hasSizeGreaterThan(8);
        assertThat(firstCells(Pages.text("docs/reference/errors.md"))).containsAll(errors);
    }

    @Test
    void everyTableOfTheLedgerIsListedWithItsColumnsAndEveryFunction() {
        Pattern table = Pattern.compile("create table \\$\\{ledger}\\.(\\w+) \\((.*?)\\n\\)", Pattern.DOTALL);
        Pattern column = Pattern.compile("^    (?!unique)(\\w+) ", Pattern.MULTILINE);
        Pattern function = Pattern.compile("create function \\$\\{ledger}\\.(\\w+)");
        String page = "docs/reference/sql-schema.md";
        String scripts = sources("resources/io/sluice/ledger", ".sql").collect(Collectors.joining("\n"));

        List<MatchResult> tables = table.matcher(scripts).results().toList();
        assertThat(tables).hasSizeGreaterThan(6);
        for (MatchResult it : tables) {
            String section = section(page, it.group(1));
            column.matcher(it.group(2))
                    .results()
                    .forEach(name -> assertThat(section).contains("`" + name.group(1) + "`"));
        }
        function.matcher(scripts)
                .results()
                .forEach(
                        it -> assertThat(section(page, "Functions")).containsPattern("\\| .*`" + it.group(1) + "[`(]"));
    }

    private static String written(Object value) {
        if (value instanceof Duration duration) {
            long millis = duration.toMillis();
            return millis == 0
                    ? "0"
                    : millis % 86_400_000 == 0
                            ? duration.toDays() + " days"
                            : millis % 60_000 == 0
                                    ? duration.toMinutes() + " min"
                                    : millis % 1_000 == 0 ? duration.toSeconds() + " s" : millis + " ms";
        }
        if (value instanceof LockRetrier) {
            return "[LockRetrier](#lockretrier)";
        }
        if (value instanceof Boolean yes) {
            return yes ? "on" : "off";
        }
        if (value instanceof Enum<?> choice) {
            return choice.name();
        }
        if (value instanceof RetryPolicy policy) {
            return policy.maxAttempts() + " attempts, " + written(policy.base()) + " to " + written(policy.longest());
        }
        return value instanceof Record record
                ? "[" + record.getClass().getSimpleName() + "](#"
                        + record.getClass().getSimpleName().toLowerCase(Locale.ROOT) + ")"
                : value instanceof Double
                        ? value.toString()
                        : String.format(Locale.ROOT, "%,d", ((Number) value).longValue())
                                .replace(',', ' ');
    }

    /** From a heading to the next one. */
    private static String section(String page, String title) {
        String[] sections = Pages.text(page).split("\\n(?=##+ )");
        return Arrays.stream(sections)
                .filter(it -> it.lines().findFirst().orElse("").matches("##+ " + title))
                .findFirst()
                .orElseThrow(() -> new AssertionError(page + " has no section " + title));
    }

    private static String row(String text, String first) {
        return text.lines()
                .filter(line -> line.startsWith("| " + first + " |"))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no row " + first));
    }

    /** The second cell as a list. */
    private static List<String> listed(String row) {
        return Arrays.stream(row.split("\\|", -1)[2].split(",", -1))
                .map(String::strip)
                .filter(it -> !it.isEmpty())
                .toList();
    }

    /** What is in back quotes in the first cells of tables. */
    private static List<String> firstCells(String text) {
        return text.lines()
                .filter(line -> line.startsWith("| `"))
                .flatMap(line -> Pattern.compile("`(\\w+)`")
                        .matcher(line.split("\\|", -1)[1])
                        .results()
                        .map(it -> it.group(1)))
                .toList();
    }

    private static Stream<String> sources(String under, String suffix) {
        try (Stream<Path> files = Files.walk(MAIN.resolve(under))) {
            return files.filter(it -> it.toString().endsWith(suffix)).sorted().map(Pages::text).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
