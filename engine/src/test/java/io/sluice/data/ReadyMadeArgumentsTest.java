package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sluice.data.builtin.BackfillColumn;
import io.sluice.data.builtin.Cast;
import io.sluice.data.builtin.CopyColumn;
import io.sluice.data.builtin.DeleteAssociatedRecords;
import io.sluice.data.builtin.DeleteOrphanedRecords;
import io.sluice.data.builtin.PerformActionOnRelation;
import io.sluice.data.builtin.ReadyMade;
import io.sluice.data.builtin.RelatedRows;
import io.sluice.data.builtin.ResetCounters;
import io.sluice.run.Arguments;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments.ArgumentSet;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What the arguments of ready-made migrations look like, and what is said of those that look otherwise. */
class ReadyMadeArgumentsTest {

    private static final Map<String, DataMigration> MIGRATIONS = Stream.of(
                    BackfillColumn.migration(),
                    CopyColumn.migration(),
                    DeleteAssociatedRecords.migration(),
                    DeleteOrphanedRecords.migration(),
                    PerformActionOnRelation.migration(),
                    ResetCounters.migration())
            .collect(Collectors.toMap(DataMigration::name, it -> it));

    static Stream<ArgumentSet> made() {
        RelatedRows comments = RelatedRows.in("app.comments").on("post_id", "id");
        return Stream.of(
                made(BackfillColumn.of("app.users").value("admin", false), "['app.users', {'admin': false}]"),
                made(
                        BackfillColumn.of("users")
                                .value("a", "")
                                .value("b", new byte[] {1, (byte) 0xab})
                                .value("c", LocalDate.parse("2024-02-03"))
                                .value("d", Arrays.asList(1, null))
                                .value("e", Map.of("k", 1.5))
                                .expression("f", "lower(g)")
                                .expression("h", "1")
                                .onlyNull()
                                .once(false)
                                .where("i")
                                .by("j"),
                        "['users', {'a': '', 'b': '\\\\x01ab', 'c': '2024-02-03', 'd': [1, null], 'e': {'k': 1.5}},"
                                + " {'expressions': {'f': 'lower(g)', 'h': '1'}, 'onlyNull': true, 'once': false,"
                                + " 'where': 'i', 'by': 'j'}]"),
                made(CopyColumn.of("app.users").column("name", "full_name"), "['app.users', 'name', 'full_name']"),
                made(
                        CopyColumn.of("users")
                                .column("a", "b")
                                .column("c", "d", Cast.function("app.f"))
                                .column("c", "e", Cast.expression("c + 1"))
                                .once(true),
                        "['users', ['a', 'c', 'c'], ['b', 'd', 'e'], {'casts': {'d': {'function': 'app.f'},"
                                + " 'e': {'expression': 'c + 1'}}, 'once': true}]"),
                made(
                        DeleteAssociatedRecords.of("comments")
                                .belongingTo("tenant", 1)
                                .belongingTo("post_id", "x")
                                .where("w"),
                        "['comments', {'tenant': 1, 'post_id': 'x'}, {'where': 'w'}]"),
                made(
                        DeleteOrphanedRecords.of("posts")
                                .lacking(comments.where("not hidden"))
                                .lacking(RelatedRows.in("tags")
                                        .on("id", "tag_id")
                                        .through(comments))
                                .by("i"),
                        "['posts', [{'table': 'app.comments', 'on': {'post_id': 'id'}, 'where': 'not hidden'}, {'table':"
                                + " 'tags', 'on': {'id': 'tag_id'}, 'through': {'table': 'app.comments', 'on': {'post_id':"
                                + " 'id'}}}], {'by': 'i'}]"),
                made(
                        PerformActionOnRelation.delete("users")
                                .having("a", Arrays.asList("x", null))
                                .having("b", null),
                        "['users', {'a': ['x', null], 'b': null}, 'delete']"),
                made(
                        PerformActionOnRelation.update("users")
                                .where("w")
                                .set("a", 1)
                                .setExpression("b", "c"),
                        "['users', {}, 'update', {'where': 'w', 'updates': {'a': 1}, 'expressions': {'b': 'c'}}]"),
                made(
                        ResetCounters.of("posts")
                                .counter("n", comments)
                                .touch()
                                .time(Instant.parse("2024-05-06T07:08:09Z")),
                        "['posts', {'n': {'table': 'app.comments', 'on': {'post_id': 'id'}}}, {'touch': true,"
                                + " 'time': '2024-05-06T07:08:09Z'}]"),
                made(
                        ResetCounters.of("posts").counter("n", comments).touch("a", "b"),
                        "['posts', {'n': {'table': 'app.comments', 'on': {'post_id': 'id'}}}, {'touch': ['a', 'b']}]"));
    }

    private static ArgumentSet made(ReadyMade made, String json) {
        return org.junit.jupiter.params.provider.Arguments.argumentSet(
                made.name() + " " + json, made, json.replace('\'', '"'));
    }

    @ParameterizedTest
    @MethodSource("made")
    void factoryMethodsMakeTheJsonThatSqlGives(ReadyMade migration, String json) {
        assertThat(migration.arguments()).isEqualTo(Arguments.parse(json));
        assertThat(MIGRATIONS.get(migration.name()).work(migration.arguments())).isNotNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "BackfillColumn | ['users'] | there must be 2 arguments, and perhaps options, there are 1",
                "BackfillColumn | ['users', {}, {}, {}] | there are 4",
                "BackfillColumn | [1, {'a': 1}] | argument 0, the table, must be a text, was 1",
                "BackfillColumn | ['a b', {'a': 1}] | 'a b' is no table name",
                "BackfillColumn | ['users', ['a']] | argument 1, the values by column, must be an object, was [\"a\"]",
                "BackfillColumn | ['users', {}] | there is no column to fill",
                "BackfillColumn | ['users', {'a': 1}, {'wher': 'x'}] | there is no option 'wher', only by, expressions, once, onlyNull, where",
                "BackfillColumn | ['users', {'a': 1}, 'x'] | the options must be an object, was \"x\"",
                "BackfillColumn | ['users', {'a': 1}, {'onlyNull': 1}] | option 'onlyNull' must be true or false, was 1",
                "BackfillColumn | ['users', {'a': 1}, {'where': ''}] | option 'where' must be a text, was \"\"",
                "BackfillColumn | ['users', {'a': 1}, {'expressions': {'b': 1}}] | 'b' of option 'expressions' must be a text, was 1",
                "BackfillColumn | ['users', {'a': 1}, {'expressions': {'a': 'b'}}] | column 'a' is set twice",
                "BackfillColumn | ['users', {'a': null}, {'onlyNull': true}] | column 'a' is NULL already",
                "CopyColumn | ['users', 'a'] | there must be 3 arguments, and perhaps options, there are 2",
                "CopyColumn | ['users', 'a', null] | argument 2, what is copied into, must be a text, was null",
                "CopyColumn | ['users', ['a', 'b'], ['c']] | 2 columns are copied into 1",
                "CopyColumn | ['users', ['a', 'b'], ['c', 'c']] | a column is copied into twice, in [c, c]",
                "CopyColumn | ['users', ['a', 'b'], ['b', 'c']] | a column is copied and copied into",
                "CopyColumn | ['users', 'a', 'b', {'casts': {'a': {'function': 'f'}}}] | casts are named by the column that is copied into, [b], were for [a]",
                "CopyColumn | ['users', 'a', 'b', {'casts': {'b': 'lower'}}] | the cast for 'b' must be an object",
                "CopyColumn | ['users', 'a', 'b', {'casts': {'b': {'sql': 'c'}}}] | the cast for 'b' must be a function or an expression, was {\"sql\":\"c\"}",
                "CopyColumn | ['users', 'a', 'b', {'casts': {'b': {'function': 'c + 1'}}}] | 'c + 1' is no table name",
                "DeleteAssociatedRecords | ['comments', {}] | no column refers to the parent",
                "DeleteAssociatedRecords | ['comments', {'a': null}] | 'a' must have the one value of the parent, was null",
                "DeleteAssociatedRecords | ['comments', {'a': [1]}] | 'a' must have the one value of the parent, was [1]",
                "DeleteOrphanedRecords | ['posts', []] | must be an array of them, was []",
                "DeleteOrphanedRecords | ['posts', [{'table': 'a'}]] | related rows 0 must have a table and on, perhaps where and through, and nothing else",
                "DeleteOrphanedRecords | ['posts', [{'table': 'a', 'on': {}}]] | on of related rows 0 must name columns, was {}",
                "DeleteOrphanedRecords | ['posts', [{'table': 'a', 'on': {'b': 'c'}, 'is': 1}]] | related rows 0 must have",
                "DeleteOrphanedRecords | ['posts', [{'table': 'a', 'on': {'b': 1}}]] | each column of on of related rows 0 must be a text, was 1",
                "DeleteOrphanedRecords | ['posts', [{'table': 'a', 'on': {'b': 'c'}, 'through': {'table': 'd'}}]] | must have a table and on",
                "PerformActionOnRelation | ['users', {}, 'delete'] | there is no condition; if every row is meant, say {\"where\": \"true\"}",
                "PerformActionOnRelation | ['users', {'a': 1}, 'destroy'] | the action, must be delete or update, was destroy",
                "PerformActionOnRelation | ['users', {'a': 1}, 'update'] | update sets no column",
                "PerformActionOnRelation | ['users', {'a': 1}, 'delete', {'updates': {'b': 1}}] | delete sets no columns, was to set [b]",
                "PerformActionOnRelation | ['users', {'a': 1}, 'update', {'updates': {'b': 1}, 'expressions': {'b': '2'}}] | a column is set twice, in [b, b]",
                "ResetCounters | ['posts', {}] | there is no counter",
                "ResetCounters | ['posts', {'n': 1}] | the rows of 'n' must be an object, was 1",
                "ResetCounters | ['posts', {'n': {'table': 'a', 'on': {'b': 'c'}}}, {'touch': 1}] | option 'touch' must be a text, was 1",
                "ResetCounters | ['posts', {'n': {'table': 'a', 'on': {'b': 'c'}}}, {'time': '2024-01-01'}] | a time is for columns to touch, and none is touched"
            })
    void anotherShapeIsRefusedWithTheRightOne(String name, String json, String why) {
        assertThatExceptionOfType(DefinitionException.class)
                .isThrownBy(() -> MIGRATIONS.get(name).work(Arguments.parse(json.replace('\'', '"'))))
                .withMessageStartingWith("migration '" + name + "' cannot be made from the arguments [")
                .withMessageContaining(why);
    }

    @Test
    void aRefusalShowsTheShape() {
        assertThatExceptionOfType(DefinitionException.class)
                .isThrownBy(() -> MIGRATIONS.get("CopyColumn").work(Arguments.of("users", "a")))
                .withMessageEndingWith(
                        "; its arguments are [\"table\", \"from\" or [\"from\", …], \"to\" or [\"to\", …],"
                                + " {casts: {\"to\": {function} or {expression}}, once, where, by}]");
    }

    @Test
    void factoryMethodsMakeCopies() {
        BackfillColumn first = BackfillColumn.of("users").value("a", 1);
        first.value("b", 2).onlyNull();

        assertThat(first.arguments()).isEqualTo(Arguments.parse("[\"users\", {\"a\": 1}]"));
    }
}
