package io.sluice.scenario;

import io.sluice.data.Source;
import java.util.List;
import java.util.stream.Stream;

/**
 * A table by the type of its key. Its one hundred keys are computed from g = 0…99; n counts how often a row was worked on.
 *
 * @param setup what must be there before the table
 * @param columns definitions of the key's columns
 * @param keys expressions for their values
 * @param clause what follows the column list of the table
 */
record KeyCase(String type, List<String> setup, List<String> columns, List<String> keys, Walk walk, String clause) {

    /** By the primary key, or by a unique index. */
    enum Walk {
        PRIMARY_KEY,
        UNIQUE_INDEX
    }

    private static final String SHUFFLED = "md5(g::text)";

    static Stream<KeyCase> all() {
        return Stream.of(
                of("bigint", "k bigint", "g * 3 + 1"),
                of("int with negatives and zero", "k int", "g - 50"),
                of("smallint", "k smallint", "g - 50"),
                of("sparse bigint", "k bigint", "power(1.5, g)::numeric::bigint * 7 + g"),
                of("numeric", "k numeric", "(g - 50) * 1.37"),
                of("numeric with a scale", "k numeric(12, 3)", "(g - 50) * 1.375"),
                of("float8", "k float8", "(g - 50) / 3::float8"),
                of("uuid", "k uuid", SHUFFLED + "::uuid"),
                of("text", "k text", "case when g % 2 = 0 then upper(" + SHUFFLED + ") else " + SHUFFLED + " end"),
                of("text in C", "k text collate \"C\"", "chr(65 + g % 2 * 32) || ' ''\"\\{' || g"),
                of("text in the German way", "k text collate \"de-x-icu\"", "chr(228 - g % 2 * 131) || g"),
                of("varchar", "k varchar(40)", SHUFFLED),
                of("char", "k char(40)", SHUFFLED),
                of(
                        "timestamptz",
                        "k timestamptz",
                        "'2024-03-31 00:00:00.123456+00'::timestamptz + g * interval '7 hours'"),
                of("timestamp", "k timestamp", "'2024-03-31 00:00:00.123456'::timestamp + g * interval '7 hours'"),
                of("date", "k date", "'2024-01-05'::date + (g - 50) * 3"),
                of("interval", "k interval", "(g - 50) * interval '1 day 02:03:04.5'"),
                of("bytea", "k bytea", "decode(" + SHUFFLED + ", 'hex')"),
                of("boolean and oid", List.of("b boolean", "o oid"), List.of("g % 2 = 0", "g::bigint::oid")),
                of("bigint and uuid", List.of("a bigint", "b uuid"), List.of("g / 10", SHUFFLED + "::uuid")),
                of("text and int", List.of("a text", "b int"), List.of("'t' || g % 7", "g - 50")),
                of("a domain", "k positive", "g + 1").after("create domain positive as int check (value > 0)"),
                of("an enum", List.of("m mood", "k int"), List.of("('{sad,ok,happy}'::mood[])[1 + g % 3]", "g"))
                        .after("create type mood as enum ('happy', 'ok', 'sad')"),
                of("a unique index", "k bigint", "g * 2").walkedBy(Walk.UNIQUE_INDEX),
                partitioned());
    }

    private static KeyCase partitioned() {
        KeyCase bigint = of("a partitioned table", "k bigint", "g * 10");
        return new KeyCase(
                bigint.type, bigint.setup, bigint.columns, bigint.keys, bigint.walk, " partition by range (k)");
    }

    private static KeyCase of(String type, String column, String key) {
        return of(type, List.of(column), List.of(key));
    }

    private static KeyCase of(String type, List<String> columns, List<String> keys) {
        return new KeyCase(type, List.of(), columns, keys, Walk.PRIMARY_KEY, "");
    }

    private KeyCase after(String statement) {
        return new KeyCase(type, List.of(statement), columns, keys, walk, clause);
    }

    private KeyCase walkedBy(Walk other) {
        return new KeyCase(type, setup, columns, keys, other, clause);
    }

    /** Names of the key's columns. */
    String names() {
        return String.join(
                ", ",
                columns.stream().map(it -> it.substring(0, it.indexOf(' '))).toList());
    }

    /** Makes the table with so many rows. */
    Stream<String> create(String table, int rows) {
        String definitions = String.join(" not null, ", columns) + " not null, n int not null default 0";
        String key = walk == Walk.PRIMARY_KEY ? ", primary key (" + names() + ")" : ", id serial primary key";
        return Stream.of(
                        Stream.of("create table " + table + " (" + definitions + key + ")" + clause),
                        walk == Walk.UNIQUE_INDEX
                                ? Stream.of("create unique index " + table + "_walk on " + table + " (" + names() + ")")
                                : Stream.<String>of(),
                        clause.isEmpty()
                                ? Stream.<String>of()
                                : Stream.of(
                                        "create table " + table + "_1 partition of " + table
                                                + " for values from (minvalue) to (333)",
                                        "create table " + table + "_2 partition of " + table
                                                + " for values from (333) to (maxvalue)"),
                        Stream.of("insert into " + table + " (" + names() + ") select " + String.join(", ", keys)
                                + " from generate_series(0, " + (rows - 1) + ") g"))
                .flatMap(it -> it);
    }

    Source source(String table) {
        Source source = Source.table(table);
        return walk == Walk.PRIMARY_KEY ? source : source.by(table + "_walk");
    }

    /** The texts of the columns of a key, as an array. */
    String texts() {
        return "array[" + String.join("::text, ", List.of(names().split(", "))) + "::text]";
    }

    @Override
    public String toString() {
        return type;
    }
}
