package io.sluice.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.ledger.HeldRun.StopReason;
import io.sluice.ledger.Lease;
import io.sluice.ledger.Ledger;
import io.sluice.run.Run;
import io.sluice.run.RunKind;
import io.sluice.run.Verb;
import io.sluice.shard.Shard;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Time stands still here unless it is advanced, so what is heard was heard because of what the test did. */
class LeaseKeeperIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = TestDatabase.createDatabase();
    private final Ledger ledger = new Ledger(Shard.of("primary", database.connectionFactory()), Schedulers.parallel());
    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final Sinks.Many<Boolean> hints = Sinks.many().multicast().directBestEffort();
    private final AtomicInteger renewals = new AtomicInteger();
    private final Run run = claimed();

    @AfterEach
    void close() {
        time.dispose();
        ledger.close().block(SOON);
        database.close();
    }

    @Test
    void whatIsAskedIsHeardAtTheNextBeat() {
        StepVerifier.create(watch(hints.asFlux()))
                .then(() -> time.advanceTimeBy(WorkerSettings.DEFAULTS.watch()))
                .expectNext(Optional.empty())
                .then(this::pause)
                .then(() -> time.advanceTimeBy(WorkerSettings.DEFAULTS.watch()))
                .expectNext(Optional.of(StopReason.ASKED))
                .thenCancel()
                .verify(SOON);
    }

    @Test
    void aHintIsNotKeptWaitingForTheBeat() {
        StepVerifier.create(watch(hints.asFlux()))
                .then(this::pause)
                .then(() -> hints.tryEmitNext(true))
                .expectNext(Optional.of(StopReason.ASKED))
                .thenCancel()
                .verify(SOON);
    }

    @Test
    void aHintDuringALookBringsAnotherLook() {
        StepVerifier.create(watch(Flux.just(true, true, true)))
                .expectNext(Optional.empty())
                .expectNext(Optional.empty())
                .thenCancel()
                .verify(SOON);
    }

    @Test
    void hintsRenewNothingBeforeItIsDue() {
        StepVerifier.create(watch(hints.asFlux()))
                .then(() -> hints.tryEmitNext(true))
                .expectNext(Optional.empty())
                .then(() -> assertThat(renewals).hasValue(0))
                .then(() -> time.advanceTimeBy(WorkerSettings.DEFAULTS.lease().dividedBy(3)))
                .thenConsumeWhile(it -> renewals.get() == 0)
                .thenCancel()
                .verify(SOON);
        assertThat(renewals.get()).isPositive();
    }

    @Test
    void whoCancelsIsNotRenewedAnyMore() {
        TestPublisher<Boolean> watched = TestPublisher.create();

        StepVerifier.create(watch(watched.flux()))
                .thenAwait(Duration.ZERO)
                .thenCancel()
                .verify(SOON);

        watched.assertCancelled();
    }

    private Flux<Optional<StopReason>> watch(Flux<Boolean> hinted) {
        Lease lease = new Lease(run.id(), run.lease().token(), run.lease().owner());
        return new LeaseKeeper(ledger.runs(), lease, WorkerSettings.DEFAULTS, time, hinted, renewals::incrementAndGet)
                .watch();
    }

    private void pause() {
        ledger.runs().change(run.id().number(), Verb.PAUSE).block(SOON);
    }

    private Run claimed() {
        database.execute("create table items (id bigint primary key, n int)");
        Sluice sluice = Sluice.builder()
                .shard("primary", database.connectionFactory())
                .migrations(DataMigration.of(
                        "fill", Work.sql(Source.table("items"), "update items set n = 1 where {batch}")))
                .build();
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("fill")).blockLast(SOON);
        sluice.close().block(SOON);
        return ledger.runs()
                .claim(RunKind.DATA, "test", List.of("fill"), 1, Duration.ofMinutes(1))
                .blockLast(SOON);
    }
}
