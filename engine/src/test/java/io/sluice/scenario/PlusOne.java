package io.sluice.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.data.Batch;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.testkit.Database;
import java.time.Duration;
import java.util.stream.Stream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A migration that shows each row which it got twice or never, in both forms. How long a sub-batch takes is a row of the
 * database, so that a test can change it under a worker in another process: the SQL form is that long within its statement,
 * the code form between its two statements.
 */
enum PlusOne {
    SQL {
        @Override
        Work work() {
            return Work.sql(Source.table(table()), """
                    update %s set n = n + 1, m = m + 1
                     where {batch} and (select pg_sleep(seconds) from pace) is not null
                    """.formatted(table()));
        }
    },
    CODE {
        @Override
        Work work() {
            return Work.code(
                    Source.table(table()),
                    batch -> batch.update("update %s set n = n + 1 where {batch}".formatted(table()))
                            .delayUntil(changed -> pause(batch))
                            .delayUntil(changed ->
                                    batch.update("update %s set m = m + 1 where {batch}".formatted(table()))));
        }

        private Mono<Long> pause(Batch batch) {
            return Flux.from(batch.connection()
                            .createStatement("select seconds from pace")
                            .execute())
                    .concatMap(result -> result.map(row -> row.get(0, Double.class)))
                    .last()
                    .flatMap(seconds ->
                            seconds > 0 ? Mono.delay(Duration.ofMillis((long) (1000 * seconds))) : Mono.empty());
        }
    };

    abstract Work work();

    /** Its table: n and m are 0 in each row before, and must be 1 after. */
    String table() {
        return "plus_one_" + name().toLowerCase(java.util.Locale.ROOT);
    }

    DataMigration migration() {
        return DataMigration.of(table(), work());
    }

    static DataMigration[] migrations() {
        return Stream.of(values()).map(PlusOne::migration).toArray(DataMigration[]::new);
    }

    /** In sub-batches of so many rows; a batch has a hundred of them. */
    Enqueue enqueue(int subBatchSize) {
        return Enqueue.of(table())
                .settings(it -> it.withBatchSize(100 * subBatchSize).withSubBatchSize(subBatchSize));
    }

    /** Makes the table with so many rows, whose keys have gaps, and a pace of nothing. */
    void create(Database database, long rows) {
        database.execute(
                "create table if not exists pace (seconds double precision not null)",
                "insert into pace select 0 where not exists (select from pace)",
                "create table %s (id bigint primary key, n int not null default 0, m int not null default 0)"
                        .formatted(table()),
                "insert into %s (id) select g * 3 from generate_series(1, %d) g".formatted(table(), rows));
    }

    static void pace(Database database, Duration ofASubBatch) {
        database.execute("update pace set seconds = " + ofASubBatch.toMillis() / 1000.0);
    }

    /** Rows that a committed sub-batch has passed. */
    long done(Database database) {
        return database.queryLong("select count(*) from %s where n > 0".formatted(table()));
    }

    void assertEveryRowOnce(Database database) {
        assertThat(database.query("select n, m, count(*) from %s group by n, m order by n, m".formatted(table())))
                .as("rows of %s by n and m, which must be 1 and 1 in each", table())
                .singleElement()
                .satisfies(row -> assertThat(row.subList(0, 2)).containsExactly(1, 1));
    }
}
