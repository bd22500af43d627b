package io.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.run.Progress;
import io.sluice.run.Progress.Phase;
import io.sluice.run.RowTotal;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.sql.DatabaseUnreachableException;
import io.sluice.testkit.SettableClock;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

class ProgressStreamTest {

    private static final Duration LOOK = Duration.ofMillis(500);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final SettableClock clock = SettableClock.at("2026-01-31T12:00:00Z");
    private final AtomicInteger looks = new AtomicInteger();
    private final Watcher watcher = new Watcher();

    private RunStatus status = RunStatus.RUNNING;
    private Phase phase = Phase.WORKING;
    private RowTotal total = RowTotal.exact(10_000);
    private long seen;

    @AfterEach
    void disposeTime() {
        time.dispose();
    }

    /** Somebody who watches at their own pace. */
    private static final class Watcher extends BaseSubscriber<Progress> {

        private final List<Progress> all = new ArrayList<>();
        private boolean completed;
        private Throwable error;

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            // asks by itself
        }

        @Override
        protected void hookOnNext(Progress progress) {
            all.add(progress);
        }

        @Override
        protected void hookOnComplete() {
            completed = true;
        }

        @Override
        protected void hookOnError(Throwable throwable) {
            error = throwable;
        }

        Progress last() {
            return all.get(all.size() - 1);
        }
    }

    private void watch(long demand) {
        new ProgressStream(clock, time)
                .of(Mono.fromSupplier(() -> {
                    looks.incrementAndGet();
                    long worked = phase == Phase.WORKING ? seen : total.rows();
                    return new Progress(
                            new RunId("main", 1),
                            status,
                            phase,
                            worked,
                            seen,
                            seen / 2,
                            total,
                            0,
                            null,
                            "because",
                            Duration.ofSeconds(3));
                }))
                .subscribe(watcher);
        watcher.request(demand);
        time.advanceTimeBy(Duration.ZERO);
    }

    private Progress afterHalfASecond(long rows) {
        seen += rows;
        clock.advance(LOOK);
        time.advanceTimeBy(LOOK);
        return watcher.last();
    }

    @Test
    void theStateIsToldAtOnceAndThenTwiceASecond() {
        watch(Long.MAX_VALUE);
        assertThat(watcher.all).hasSize(1);

        for (int i = 0; i < 10; i++) {
            afterHalfASecond(100);
        }

        assertThat(watcher.all)
                .hasSize(11)
                .extracting(Progress::rowsSeen)
                .startsWith(0L, 100L, 200L)
                .endsWith(1_000L);
        assertThat(watcher.last().rowsChanged()).isEqualTo(500);
        assertThat(watcher.last().reason()).isEqualTo("because");
    }

    @Test
    void aSteadyPaceIsItsRateAndTheRestIsItsTime() {
        watch(Long.MAX_VALUE);
        assertThat(watcher.last().rowsPerSecond()).isZero();
        assertThat(watcher.last().eta()).isNull();

        Progress second = afterHalfASecond(100);
        assertThat(second.rowsPerSecond()).isEqualTo(200);
        assertThat(second.eta()).isEqualTo(Duration.ofMillis(49_500));

        Progress third = afterHalfASecond(100);
        assertThat(third.rowsPerSecond()).isEqualTo(200);
        assertThat(third.eta()).isEqualTo(Duration.ofSeconds(49));
    }

    @Test
    void theRateFollowsTheRecentPastWithinSeconds() {
        watch(Long.MAX_VALUE);
        afterHalfASecond(100);

        assertThat(afterHalfASecond(1_000).rowsPerSecond()).isEqualTo(0.2 * 2_000 + 0.8 * 200);
        for (int i = 0; i < 20; i++) {
            afterHalfASecond(50);
        }
        assertThat(watcher.last().rowsPerSecond()).isBetween(100.0, 110.0);
    }

    @Test
    void theClockAndNotTheNumberOfLooksMakesTheRate() {
        watch(Long.MAX_VALUE);

        seen += 1_000;
        clock.advance(Duration.ofSeconds(10));
        time.advanceTimeBy(LOOK);

        assertThat(watcher.last().rowsPerSecond()).isEqualTo(100);
    }

    @Test
    void whatStandsForTenSecondsHasNoTimeThatIsLeft() {
        watch(Long.MAX_VALUE);
        afterHalfASecond(100);
        for (int i = 0; i < 19; i++) {
            assertThat(afterHalfASecond(0).eta()).isNotNull();
        }

        assertThat(afterHalfASecond(0)).satisfies(it -> {
            assertThat(it.rowsPerSecond()).isZero();
            assertThat(it.eta()).isNull();
        });
        assertThat(afterHalfASecond(105).rowsPerSecond())
                .as("the rest before it is part of the pace: 105 rows in 10.5 seconds")
                .isEqualTo(10);
    }

    @Test
    void aTimeOfYearsIsNotTold() {
        total = RowTotal.exact(Long.MAX_VALUE);
        watch(Long.MAX_VALUE);

        assertThat(afterHalfASecond(1).eta()).isNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"PAUSED", "ENQUEUED", "ERRORED", "PAUSING", "CANCELLING", "DELAYED"})
    void whatStandsHasNoRate(RunStatus standing) {
        watch(Long.MAX_VALUE);
        afterHalfASecond(100);

        status = standing;
        Progress stands = afterHalfASecond(100);

        assertThat(stands.rowsPerSecond()).isZero();
        assertThat(stands.eta()).isNull();
    }

    @Test
    void aNewPhaseBeginsANewRate() {
        watch(Long.MAX_VALUE);
        afterHalfASecond(5_000);

        phase = Phase.COUNTING;
        seen = 0;
        assertThat(afterHalfASecond(10).rowsPerSecond()).isZero();
        assertThat(afterHalfASecond(10).rowsPerSecond()).isEqualTo(20);
    }

    @Test
    void withoutATotalOrBeyondAnEstimateThereIsNoEta() {
        total = RowTotal.UNKNOWN;
        watch(Long.MAX_VALUE);
        assertThat(afterHalfASecond(100).eta()).isNull();

        total = RowTotal.estimate(150);
        assertThat(afterHalfASecond(50).eta()).isEqualTo(Duration.ZERO);
        assertThat(afterHalfASecond(50).eta()).isNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"SUCCEEDED", "CANCELLED", "FAILED"})
    void itCompletesWhenTheRunIsOver(RunStatus over) {
        watch(Long.MAX_VALUE);
        afterHalfASecond(100);
        assertThat(watcher.completed).isFalse();

        status = over;
        assertThat(afterHalfASecond(100).status()).isEqualTo(over);

        assertThat(watcher.completed).isTrue();
        int before = looks.get();
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(looks).hasValue(before);
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"SUCCEEDED", "CANCELLED", "FAILED"})
    void itGoesOnWhileTheRunMay(RunStatus alive) {
        status = alive;
        watch(Long.MAX_VALUE);
        afterHalfASecond(1);

        assertThat(watcher.completed).isFalse();
        assertThat(watcher.all).hasSize(alive == RunStatus.ENQUEUED ? 3 : 2);
    }

    @Test
    void thatARunHasBegunIsToldSoonAndFromThenOnTwiceASecond() {
        status = RunStatus.ENQUEUED;
        watch(Long.MAX_VALUE);
        status = RunStatus.RUNNING;
        time.advanceTimeBy(Duration.ofMillis(200));
        assertThat(watcher.last().status()).isEqualTo(RunStatus.RUNNING);

        time.advanceTimeBy(Duration.ofMillis(400));
        assertThat(watcher.all).hasSize(2);
        time.advanceTimeBy(Duration.ofMillis(100));
        assertThat(watcher.all).hasSize(3);
    }

    @Test
    void whatIsNotRequestedIsLeftOutAndNotLookedAt() {
        watch(1);
        for (int i = 0; i < 100; i++) {
            afterHalfASecond(100);
        }
        assertThat(watcher.all).hasSize(1);
        assertThat(looks).hasValue(1);

        watcher.request(1);
        afterHalfASecond(0);

        assertThat(watcher.all).extracting(Progress::rowsSeen).containsExactly(0L, 10_000L);
        assertThat(looks).hasValue(2);
    }

    @Test
    void anErrorOfTheLookIsToldAndEndsIt() {
        new ProgressStream(clock, time)
                .of(Mono.error(new IllegalStateException("gone")))
                .subscribe(watcher);
        watcher.request(1);
        time.advanceTimeBy(Duration.ZERO);

        assertThat(watcher.error).hasMessage("gone");
    }

    @Test
    void whoCancelsEndsTheLooks() {
        watch(Long.MAX_VALUE);
        watcher.cancel();
        int before = looks.get();

        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(looks).hasValue(before);
    }

    @Test
    void aDatabaseThatIsAwayForAWhileIsWaitedForOnceItHasBegun() {
        AtomicInteger asked = new AtomicInteger();
        new ProgressStream(clock, time)
                .of(Mono.defer(() -> asked.incrementAndGet() == 2
                        ? Mono.error(new DatabaseUnreachableException("main", new IOException("gone")))
                        : Mono.just(new Progress(
                                new RunId("main", 1),
                                status,
                                phase,
                                asked.get(),
                                0,
                                0,
                                total,
                                0,
                                null,
                                null,
                                Duration.ZERO))))
                .subscribe(watcher);
        watcher.request(10);
        time.advanceTimeBy(LOOK.multipliedBy(2));

        assertThat(watcher.error).isNull();
        assertThat(watcher.all).extracting(Progress::rowsSeen).containsExactly(1L, 3L);
    }
}
