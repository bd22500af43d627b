package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The end of a batch is found by a walk over its keys. Only the last of them is turned into text: to do so with each of them, which is
 * what a query with an OFFSET does by itself, took a fifth of the time of a DELETE.
 */
class KeysAreWalkedOverIT {

    private static final String UPDATE = "update items set n = n + 1 where {batch}";

    private static final int ROWS = 5_000;
    private static final int SUB_BATCHES = 10;

    private Database database;

    /** How the work is stated. */
    enum Form {
        SQL(Work::sql),
        CODE((source, statement) -> Work.code(source, batch -> batch.update(statement)));

        private final BiFunction<Source, String, Work> work;

        Form(BiFunction<Source, String, Work> work) {
            this.work = work;
        }
    }

    @BeforeEach
    void fill() {
        database = TestDatabase.createDatabase();
        database.execute(
                "alter database \"" + database.name() + "\" set track_functions = 'all'",
                "create table items (at timestamptz primary key, n int not null default 0)",
                "insert into items select now() + i * interval '1 s' from generate_series(1, %d) i".formatted(ROWS));
    }

    @AfterEach
    void close() {
        database.close();
    }

    @ParameterizedTest
    @EnumSource
    void andOnlyItsLastOneIsWritten(Form form) {
        Sluice sluice = Sluice.builder()
                .shard("primary", database.connectionFactory())
                .migrations(DataMigration.of("count-up", form.work.apply(Source.table("items"), UPDATE)))
                .build();
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("count-up")
                        .settings(it -> it.withBatchSize(ROWS / 2).withSubBatchSize(ROWS / SUB_BATCHES)))
                .blockLast(SOON);

        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);

        // a session tells what it did when it ends, soon after
        sluice.close().block(SOON);
        Watched.within(SOON, "the calls of the guard are known", () -> calls("open_sub_batch") >= SUB_BATCHES);
        assertThat(database.queryLong("select sum(n) from items")).isEqualTo(ROWS);
        assertThat(calls("key_text")).as("keys as text").isBetween((long) SUB_BATCHES, 5L * SUB_BATCHES);
        assertThat(calls("key_value")).as("keys from text").isBetween((long) SUB_BATCHES, 10L * SUB_BATCHES);
    }

    private long calls(String function) {
        return database.queryLong(
                "select coalesce(sum(calls), 0) from pg_stat_user_functions where funcname = '%s'".formatted(function));
    }
}
