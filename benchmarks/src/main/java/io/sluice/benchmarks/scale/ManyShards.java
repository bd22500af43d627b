package io.sluice.benchmarks.scale;

import io.sluice.shard.Shard;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Shards that share the databases of one server, as the customers of a service may: each has its rows in a schema of its own, and
 * its ledger in another one. What is asked here is asked of the databases, so no Sluice has a hand in it.
 *
 * @param rows of each shard
 */
record ManyShards(List<ScratchDatabase> databases, int shards, int rows) implements AutoCloseable {

    private static final int MOST_DATABASES = 50;

    static ManyShards created(Target server, int shards, int rows) {
        ManyShards many = new ManyShards(new ArrayList<>(), shards, rows);
        try {
            for (int database = 0; database < many.step(); database++) {
                ScratchDatabase scratch = ScratchDatabase.on(server);
                many.databases.add(scratch);
                scratch.target().execute(many.ofAll(database, """
                        create schema app_%1$d;
                        create table app_%1$d.items (id bigint primary key, n integer not null default 0, done_at timestamptz);
                        insert into app_%1$d.items (id) select generate_series(1, ROWS)
                        """.replace("ROWS", "" + rows), ";"));
            }
            return many;
        } catch (RuntimeException e) {
            many.close();
            throw e;
        }
    }

    /** One after the other of each database, as they would be declared. */
    List<Shard> declared() {
        return IntStream.range(0, shards)
                .mapToObj(shard -> {
                    int database = shard % step();
                    int schema = shard / step();
                    return Shard.of(
                                    "d" + database + "-s" + schema,
                                    databases.get(database).target().connections("app_" + schema))
                            .withLedgerSchema("sluice_" + schema);
                })
                .toList();
    }

    /** The sum, over all shards, of a query for one number; %1$d in it stands for the number of the schema. */
    long sum(String query) {
        return IntStream.range(0, databases.size())
                .mapToLong(it -> sum(it, query))
                .sum();
    }

    /** The latest, over all shards, of a query for one moment, in microseconds since 1970 by the clock of the server. */
    long latestMicros(String query) {
        String micros = "(select (1000000 * extract(epoch from (" + query + ")))::bigint)";
        return IntStream.range(0, databases.size())
                .mapToLong(it -> databases.get(it).target().number("select greatest(" + ofAll(it, micros, ", ") + ")"))
                .max()
                .orElseThrow();
    }

    /** By the same clock. */
    long nowMicros() {
        return databases.get(0).server().number("select (1000000 * extract(epoch from clock_timestamp()))::bigint");
    }

    /** The sum over the shards of one database. */
    long sum(int database, String query) {
        return databases
                .get(database)
                .target()
                .number("select (" + ofAll(database, "(" + query + ")", " + ") + ")::bigint");
    }

    /** Counts the sessions that Sluice has in these databases. */
    Observer connections() {
        String names = databases.stream().map(it -> "'" + it.name() + "'").collect(Collectors.joining(", "));
        return Observer.of(
                databases.get(0).server(),
                "select count(*) from pg_stat_activity where backend_type = 'client backend' and datname in (" + names
                        + ") and application_name <> '" + Target.OBSERVER + "'");
    }

    @Override
    public void close() {
        databases.forEach(ScratchDatabase::close);
    }

    /** How many databases there are: shard s is schema s / step of database s % step. */
    int step() {
        return Math.min(shards, MOST_DATABASES);
    }

    /** Numbers of the schemas of a database. */
    List<Integer> schemas(int database) {
        return IntStream.iterate(database, shard -> shard < shards, shard -> shard + step())
                .mapToObj(shard -> shard / step())
                .toList();
    }

    private String ofAll(int database, String sql, String joined) {
        return schemas(database).stream().map(sql::formatted).collect(Collectors.joining(joined));
    }
}
