package io.sluice.ledger;

import static io.sluice.ledger.LedgerOnTrial.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.R2dbcException;
import io.sluice.ledger.RunStore.Enqueued;
import io.sluice.run.Arguments;
import io.sluice.run.BatchSettings;
import io.sluice.run.KeyBounds;
import io.sluice.run.Run;
import io.sluice.run.RunKind;
import io.sluice.run.RunStatus;
import io.sluice.run.Sizing;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Enqueueing is idempotent for (name, arguments), from anywhere and as part of anybody's transaction. */
class RunStoreEnqueueIT {

    private final LedgerOnTrial trial = LedgerOnTrial.installed();

    @AfterEach
    void close() {
        trial.close();
    }

    @Test
    void theSecondTimeItIsTheRunThatIsThere() {
        Enqueued first = trial.enqueue("copy", Arguments.of("a", 1), false);
        Enqueued second = trial.enqueue("copy", Arguments.parse(" [ \"a\",1 ] "), false);
        Enqueued other = trial.enqueue("copy", Arguments.of("a", 2), false);

        assertThat(first.created()).isTrue();
        assertThat(second).isEqualTo(new Enqueued(first.run(), false));
        assertThat(other.created()).isTrue();
        assertThat(trial.runs()
                        .findNewest(RunKind.DATA, "copy", Arguments.of("a", 1))
                        .map(it -> it.id().number())
                        .block(SOON))
                .isEqualTo(first.run());
    }

    @Test
    void twentyAtOnceMakeOneRun() {
        List<Enqueued> enqueued = Flux.range(0, 5)
                .map(i -> trial.anotherInstance())
                .collectList()
                .flatMapMany(instances -> Flux.range(0, 20)
                        .flatMap(i -> trial.enqueueing(instances.get(i % 5), "copy", Arguments.none(), i % 2 == 0), 20)
                        .collectList()
                        .flatMapMany(all -> Flux.fromIterable(instances)
                                .flatMap(Ledger::close)
                                .thenMany(Flux.fromIterable(all))))
                .collectList()
                .block(SOON);

        assertThat(enqueued).hasSize(20);
        assertThat(enqueued.stream().filter(Enqueued::created)).hasSize(1);
        assertThat(enqueued.stream().map(Enqueued::run).distinct()).hasSize(1);
        assertThat(trial.number("select count(*) from sluice.run")).isEqualTo(1);
    }

    @Test
    void againBeginsAFurtherGenerationOnlyWhereTheLastOneIsOver() {
        long first = trial.enqueue("copy").run();

        assertThat(trial.enqueue("copy", Arguments.none(), true)).isEqualTo(new Enqueued(first, false));
        trial.sql("update sluice.run set status = 'FAILED'");
        assertThat(trial.enqueue("copy", Arguments.none(), true)).isEqualTo(new Enqueued(first, false));
        trial.sql("update sluice.run set status = 'SUCCEEDED'");
        assertThat(trial.enqueue("copy")).isEqualTo(new Enqueued(first, false));

        Enqueued second = trial.enqueue("copy", Arguments.none(), true);

        assertThat(second.created()).isTrue();
        assertThat(trial.text("select string_agg(generation::text, ' ' order by id) from sluice.run"))
                .isEqualTo("1 2");
        assertThat(trial.runs()
                        .findNewest(RunKind.DATA, "copy", Arguments.none())
                        .map(Run::generation)
                        .block(SOON))
                .isEqualTo(2);
    }

    @Test
    void aTransactionThatIsRolledBackLeavesNothing() {
        inTransaction(Connection::rollbackTransaction);

        assertThat(trial.number("select count(*) from sluice.run")).isZero();
        assertThat(trial.number("select count(*) from sluice.event")).isZero();
    }

    @Test
    void aTransactionThatCommitsIsAnnouncedLaterAndOnce() {
        inTransaction(Connection::commitTransaction);
        assertThat(trial.number("select count(*) from sluice.event")).isZero();
        assertThat(trial.number("select last_number from sluice.event_counter")).isZero();

        Long announced = trial.runs().announceAll().block(SOON);

        assertThat(announced).isEqualTo(1);
        assertThat(trial.texts("select kind || detail::text from sluice.event"))
                .containsExactly("ENQUEUED{\"status\": \"ENQUEUED\"}");
        assertThat(trial.runs().announceAll().block(SOON)).isZero();
    }

    @Test
    void anOpenTransactionHoldsUpNobodyWhoEnqueuesSomethingElse() {
        Mono<Void> committedAfterAnother = trial.ledger
                .connections()
                .transaction(connection -> joined(connection)
                        .flatMap(it -> trial.enqueueing(trial.ledger, "another", Arguments.none(), false)))
                .then();

        committedAfterAnother.block(Duration.ofSeconds(10));

        assertThat(trial.texts("select name from sluice.run order by name")).containsExactly("another", "copy");
    }

    @Test
    void plainSqlEnqueuesWithItsOptions() {
        String id = trial.text(
                "select sluice.enqueue_data_migration('CopyColumn', '[\"a\", 1]', '{\"batchSize\": 500,"
                        + " \"subBatchSize\": 50, \"batchPauseMs\": 10, \"subBatchPauseMs\": 20, \"batchAttempts\": 2,"
                        + " \"lower\": [\"1\", \"x\"], \"upper\": [\"9\", \"z\"], \"delayed\": true, \"maxAttempts\": 7}')::text");

        long number = Long.parseLong(id);
        Run run = trial.runs().find(number).block(SOON);
        DataRun data =
                trial.ledger.dataRuns().find(number, BatchSettings.DEFAULTS).block(SOON);
        assertThat(run.name()).isEqualTo("CopyColumn");
        assertThat(run.arguments()).isEqualTo(Arguments.of("a", 1));
        assertThat(run.status()).isEqualTo(RunStatus.DELAYED);
        assertThat(run.attempts().max()).isEqualTo(7);
        assertThat(data.settings())
                .isEqualTo(
                        new BatchSettings(500, 50, Sizing.FIXED, Duration.ofMillis(10), Duration.ofMillis(20), 2, 1));
        assertThat(data.bounds()).isEqualTo(new KeyBounds(List.of("1", "x"), List.of("9", "z")));
        assertThat(trial.enqueue("CopyColumn", Arguments.of("a", 1), false)).isEqualTo(new Enqueued(number, false));
    }

    @Test
    void whatPlainSqlDoesNotSayIsTheDeclarations() {
        long run = trial.number("select sluice.enqueue_data_migration('CopyColumn')");
        BatchSettings declared = BatchSettings.DEFAULTS.withBatchSize(77).withBatchAttempts(9);

        DataRun data = trial.ledger.dataRuns().find(run, declared).block(SOON);

        assertThat(data.settings()).isEqualTo(declared);
        assertThat(data.bounds()).isEqualTo(KeyBounds.NONE);
        assertThat(trial.number("select sluice.enqueue_data_migration('CopyColumn')"))
                .isEqualTo(run);
        assertThat(trial.number("select count(*) from sluice.event")).isZero();
    }

    @Test
    void anUnknownOptionIsRefusedByName() {
        assertThatThrownBy(() -> trial.text(
                        "select sluice.enqueue_data_migration('x', '[]', '{\"batchsize\": 5, \"lower\": [\"1\"]}')"
                                + "::text"))
                .isInstanceOfSatisfying(
                        R2dbcException.class, it -> assertThat(it.getSqlState()).isEqualTo("22023"))
                .hasMessageContaining("unknown option batchsize");
        assertThat(trial.number("select count(*) from sluice.run")).isZero();
    }

    @Test
    void anOptionOutOfRangeAndArgumentsThatAreNoArrayAreRefused() {
        assertThatThrownBy(() ->
                        trial.text("select sluice.enqueue_data_migration('x', '[]', '{\"subBatchSize\": 0}')::text"))
                .isInstanceOf(R2dbcException.class)
                .hasMessageContaining("sub_batch_size");
        assertThatThrownBy(
                        () -> trial.text(
                                "select sluice.enqueue_data_migration('x', '[]', '{\"batchSize\": 9, \"subBatchSize\": 10}')::text"))
                .isInstanceOf(R2dbcException.class)
                .hasMessageContaining("sub_batch_within_batch");
        assertThatThrownBy(() -> trial.text("select sluice.enqueue_data_migration('x', '{\"a\": 1}')::text"))
                .isInstanceOf(R2dbcException.class)
                .hasMessageContaining("arguments");
        assertThat(trial.number("select count(*) from sluice.run")).isZero();
    }

    private void inTransaction(Function<Connection, Publisher<Void>> end) {
        Mono.usingWhen(
                        trial.database.connectionFactory().create(),
                        connection -> Mono.from(connection.beginTransaction())
                                .then(joined(connection))
                                .then(Mono.defer(() -> Mono.from(end.apply(connection)))),
                        Connection::close)
                .block(SOON);
    }

    private Mono<Enqueued> joined(Connection connection) {
        return trial.runs()
                .enqueue(connection, RunKind.DATA, "copy", Arguments.none(), RunStatus.ENQUEUED, 5, false)
                .flatMap(it -> trial.ledger
                        .dataRuns()
                        .insert(connection, it.run(), BatchSettings.DEFAULTS, KeyBounds.NONE)
                        .thenReturn(it));
    }
}
