package io.sluice.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sluice.run.RunId;
import io.sluice.sql.TableName;
import io.sluice.throttle.Throttle.Decision;
import io.sluice.throttle.Throttle.Permit;
import io.sluice.throttle.Throttle.Slow;
import io.sluice.throttle.Throttle.Wait;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

/** What is measured, how often, and what becomes of it. */
class SampledSignalTest {

    private static final RunId RUN = new RunId("main", 1);
    private static final String LAG = "replication lag";
    private static final Duration INTERVAL = Duration.ofMillis(250);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final AtomicInteger looks = new AtomicInteger();
    private final AtomicReference<Mono<Reading>> reading = new AtomicReference<>();
    private final Signal lag = ReplicationLag.inTime(Duration.ofSeconds(10), Duration.ofSeconds(30));

    @AfterEach
    void disposeTime() {
        time.dispose();
    }

    private Throttle sampled(Signal signal) {
        return new SampledSignal(
                signal,
                time,
                table -> Mono.defer(() -> {
                    looks.incrementAndGet();
                    return reading.get();
                }));
    }

    private void behind(int seconds) {
        reading.set(Mono.just(Reading.of(1000.0 * seconds, "standby 'r1' is " + seconds + " s behind")));
    }

    private static Decision asked(Throttle throttle) {
        return asked(throttle, null);
    }

    private static Decision asked(Throttle throttle, TableName table) {
        List<Decision> decisions = new ArrayList<>();
        throttle.ask(new RunAtWork(RUN, table)).subscribe(decisions::add);
        return decisions.isEmpty() ? null : decisions.get(0);
    }

    private Decision next(Throttle throttle) {
        time.advanceTimeBy(INTERVAL);
        return asked(throttle);
    }

    @Test
    void belowTheSoftLimitItPermits() {
        behind(10);

        assertThat(asked(sampled(lag))).isEqualTo(new Permit());
    }

    @Test
    void betweenTheLimitsItSlowsDownAndSaysWhatWasMeasured() {
        behind(20);

        assertThat(asked(sampled(lag)))
                .isEqualTo(new Slow(0.5, "standby 'r1' is 20 s behind, slower from 10 s, limit 30 s", LAG));
    }

    @Test
    void beyondTheHardLimitItStops() {
        behind(42);

        assertThat(asked(sampled(lag))).isEqualTo(new Wait("standby 'r1' is 42 s behind, limit 30 s", INTERVAL, LAG));
    }

    @Test
    void afterAStopItClimbsFromWellBelowTheLimitWithoutGoingBack() {
        Throttle throttle = sampled(lag);
        behind(42);
        asked(throttle);

        behind(28);
        assertThat(next(throttle))
                .isEqualTo(new Wait(
                        "standby 'r1' is 28 s behind, limit 30 s; goes on when it is well below", INTERVAL, LAG));
        behind(0);
        double before = 0;
        for (int i = 0; i < 38; i++) {
            Decision decision = next(throttle);
            assertThat(decision)
                    .isInstanceOfSatisfying(
                            Slow.class, slow -> assertThat(slow.reason()).endsWith("; speeds up again"));
            assertThat(decision.share()).isGreaterThan(before);
            before = decision.share();
        }
        assertThat(next(throttle)).isEqualTo(new Permit());
    }

    @Test
    void nothingIsMeasuredBeforeSomebodyAsksNorWhenNobodyDoes() {
        behind(0);
        Throttle throttle = sampled(lag);
        throttle.ask(new RunAtWork(RUN, null));
        assertThat(looks).hasValue(0);

        asked(throttle);
        time.advanceTimeBy(Duration.ofHours(1));

        assertThat(looks).hasValue(1);
    }

    @Test
    void itIsMeasuredOncePerIntervalHoweverManyAsk() {
        behind(0);
        Throttle throttle = sampled(lag);
        for (int i = 0; i < 1_000; i++) {
            asked(throttle);
            time.advanceTimeBy(Duration.ofMillis(1));
        }

        assertThat(looks).hasValue(4);
    }

    @Test
    void allThatAskMeanwhileWaitForOneMeasureAndWhoGoesAwaySpoilsItForNobody() {
        Sinks.One<Reading> slow = Sinks.one();
        reading.set(slow.asMono());
        Throttle throttle = sampled(lag);
        List<Decision> decisions = new ArrayList<>();
        Disposable first = throttle.ask(new RunAtWork(RUN, null)).subscribe(decisions::add);
        throttle.ask(new RunAtWork(RUN, null)).subscribe(decisions::add);

        first.dispose();
        slow.tryEmitValue(Reading.of(0, "none"));

        assertThat(looks).hasValue(1);
        assertThat(decisions).containsExactly(new Permit());
    }

    @Test
    void aSignalOfATableIsMeasuredForEachAndPassesRunsWithoutOne() {
        behind(0);
        Throttle throttle = sampled(DeadTuples.inTheTable());

        asked(throttle, TableName.parse("a"));
        asked(throttle, TableName.parse("b"));
        asked(throttle, TableName.parse("a"));
        assertThat(asked(throttle, null)).isEqualTo(new Permit());

        assertThat(looks).hasValue(2);
    }

    @Test
    void anErrorIsUnknownAndAReasonToWait() {
        reading.set(Mono.error(new IllegalStateException("no route")));

        assertThat(asked(sampled(lag)))
                .isEqualTo(new Wait("replication lag is unknown: IllegalStateException", Duration.ofSeconds(1), LAG));
    }

    @Test
    void soIsNoRightToSeeIt() {
        reading.set(Mono.just(Reading.hidden("pg_stat_replication")));

        assertThat(asked(sampled(lag)))
                .isEqualTo(new Wait(
                        "replication lag is unknown: this role may not see all of pg_stat_replication; grant pg_monitor"
                                + " to it",
                        Duration.ofSeconds(1),
                        LAG));
    }

    @Test
    void soIsNoAnswer() {
        reading.set(Mono.never());
        List<Decision> decisions = new ArrayList<>();
        sampled(lag).ask(new RunAtWork(RUN, null)).subscribe(decisions::add);
        assertThat(decisions).isEmpty();

        time.advanceTimeBy(Duration.ofSeconds(2));

        assertThat(decisions)
                .containsExactly(
                        new Wait("replication lag is unknown: no answer within 2 s", Duration.ofSeconds(1), LAG));
    }

    @Test
    void whatWasGoodIsForgottenWhenItIsOld() {
        behind(0);
        Throttle throttle = sampled(lag);
        asked(throttle);
        reading.set(Mono.error(new IllegalStateException("no route")));

        time.advanceTimeBy(INTERVAL.minusMillis(1));
        assertThat(asked(throttle)).isEqualTo(new Permit());
        time.advanceTimeBy(Duration.ofMillis(1));
        assertThat(asked(throttle)).isInstanceOf(Wait.class);
    }

    @Test
    void theLongestWaitForTheUnknownHasAnEnd() {
        reading.set(Mono.error(new IllegalStateException("no route")));
        Throttle throttle = sampled(lag.unknownFor(Duration.ofMinutes(3)));
        asked(throttle);

        time.advanceTimeBy(Duration.ofMinutes(3).minusMillis(1));
        assertThat(asked(throttle)).isInstanceOf(Wait.class);
        assertThat(next(throttle))
                .isEqualTo(new Slow(
                        0.05, "replication lag is unknown: IllegalStateException; goes on slowly after 3 min", LAG));
    }

    @Test
    void afterTheUnknownItClimbsAndTheLongestWaitBeginsAnew() {
        reading.set(Mono.error(new IllegalStateException("no route")));
        Throttle throttle = sampled(lag.unknownFor(Duration.ofMinutes(3)));
        asked(throttle);
        time.advanceTimeBy(Duration.ofMinutes(3));

        behind(0);
        assertThat(next(throttle))
                .asInstanceOf(InstanceOfAssertFactories.type(Slow.class))
                .extracting(Slow::share)
                .asInstanceOf(InstanceOfAssertFactories.DOUBLE)
                .isCloseTo(0.15, within(1e-9));
        reading.set(Mono.error(new IllegalStateException("no route")));

        assertThat(next(throttle)).isInstanceOf(Wait.class);
    }
}
