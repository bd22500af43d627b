package io.sluice.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.postgresql.PostgresqlConnectionFactoryProvider;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.sluice.Enqueue;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.shard.Shard;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Shards that share databases, as the customers of a service may: each has its rows in a schema of its own, and its ledger in
 * another one. What is asked here is asked of the databases, so no Sluice has a hand in it.
 */
record ManyShards(List<Database> databases, int schemas) {

    /** Each row must be done once; when it was done is the beginning of the transaction, which is the same for a sub-batch. */
    static final DataMigration PLUS_ONE = DataMigration.of(
            "plus-one",
            Work.sql(
                    Source.table("items"),
                    "update items set n = n + 1, done_at = now() where {batch} and (select pg_sleep(seconds) from pace) is not null"));

    /** So many databases with so many schemas each, and so many rows in each of them. */
    static ManyShards created(int databases, int schemas, int rows) {
        List<Database> all = IntStream.range(0, databases)
                .mapToObj(i -> TestDatabase.createDatabase())
                .toList();
        for (Database database : all) {
            database.execute(IntStream.range(0, schemas)
                    .mapToObj(i -> """
                            create schema app_%1$d;
                            create table app_%1$d.items (id bigint primary key, n int not null default 0, done_at timestamptz);
                            create table app_%1$d.pace as select 0.0::double precision as seconds;
                            insert into app_%1$d.items (id) select generate_series(1, %2$d)
                            """.formatted(i, rows))
                    .toArray(String[]::new));
        }
        return new ManyShards(all, schemas);
    }

    static Enqueue enqueue(int subBatchSize) {
        return Enqueue.of(PLUS_ONE.name()).settings(it -> it.withSubBatchSize(subBatchSize));
    }

    static List<Shard> shards(List<ConnectionFactoryOptions> databases, int schemas) {
        List<Shard> shards = new ArrayList<>();
        // as they would be declared: one after the other of each database
        for (int schema = 0; schema < schemas; schema++) {
            for (int database = 0; database < databases.size(); database++) {
                ConnectionFactoryOptions options = databases
                        .get(database)
                        .mutate()
                        .option(PostgresqlConnectionFactoryProvider.SCHEMA, "app_" + schema)
                        .build();
                shards.add(Shard.of("d" + database + "-s" + schema, ConnectionFactories.get(options))
                        .withLedgerSchema("sluice_" + schema));
            }
        }
        return shards;
    }

    List<Shard> shards() {
        return shards(databases.stream().map(Database::options).toList(), schemas);
    }

    /** How long each sub-batch of all shards takes. */
    void pace(double seconds) {
        databases.forEach(it -> it.execute(
                "do $$ begin for i in 0..%d loop execute format('update app_%%s.pace set seconds = %s', i); end loop; end $$"
                        .formatted(schemas - 1, seconds)));
    }

    /** Sessions of anybody in these databases. */
    long connections() {
        return connections("true");
    }

    /** Sessions that do a sub-batch at the moment. */
    long atWork() {
        return connections("application_name like 'sluice run %'");
    }

    private static String names(List<Database> databases) {
        return databases.stream().map(it -> "'" + it.name() + "'").collect(Collectors.joining(", "));
    }

    private long connections(String condition) {
        return TestDatabase.shared().maintenance().queryLong("""
                select count(*) from pg_stat_activity where backend_type = 'client backend' and datname in (%s) and %s
                """.formatted(names(databases), condition));
    }

    /** The sum of a query over all schemas of all databases; %1$d stands for the number of the schema. */
    long sum(String query) {
        return databases.stream()
                .mapToLong(it -> it.queryLong("select " + ofAll(query, " + ")))
                .sum();
    }

    /** The least or the greatest of times in ms; null where there is none yet. */
    long millis(String function, String query) {
        String ms = "select (1000 * extract(epoch from (" + query + ")))::bigint";
        return databases.stream()
                .mapToLong(it -> it.queryLong("select " + function + "(" + ofAll(ms, ", ") + ")"))
                .reduce(function.equals("least") ? Math::min : Math::max)
                .orElseThrow();
    }

    private String ofAll(String query, String joined) {
        return IntStream.range(0, schemas)
                .mapToObj(i -> "(" + query.formatted(i) + ")")
                .collect(Collectors.joining(joined));
    }

    long runs(String status) {
        return sum("select count(*) from sluice_%1$d.run where status = '" + status + "'");
    }

    void assertEveryRowOnce() {
        assertThat(sum("select count(*) from app_%1$d.items where n <> 1"))
                .as("rows that were not done once")
                .isZero();
    }

    /** The moment of the first change of a shard's run to a status. */
    static String firstTime(String status) {
        return "select min(at) from sluice_%1$d.event where kind = 'STATUS' and detail ->> 'to' = '" + status + "'";
    }
}
