package io.sluice.shard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.test.scheduler.VirtualTimeScheduler;

class RateTest {

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final List<String> served = new ArrayList<>();

    @AfterEach
    void disposeTime() {
        time.dispose();
    }

    private Disposable asks(Rate rate, String shard) {
        return rate.permit(shard).subscribe(never -> {}, error -> {}, () -> served.add(shard));
    }

    /** A run that asks for the next sub-batch as soon as it may do one. */
    private Disposable worksOn(Rate rate, String shard) {
        return rate.permit(shard)
                .doOnSuccess(done -> served.add(shard))
                .repeat()
                .subscribe();
    }

    @Test
    void permitsAreSpreadOverTheSecond() {
        Rate rate = new Rate(10, time);
        List<Long> at = new ArrayList<>();
        rate.permit("a")
                .doOnSuccess(done -> at.add(time.now(TimeUnit.MILLISECONDS)))
                .repeat(4)
                .subscribe();

        long began = time.now(TimeUnit.MILLISECONDS);
        time.advanceTimeBy(Duration.ofMillis(399));
        assertThat(at).hasSize(4);
        time.advanceTimeBy(Duration.ofMillis(1));

        assertThat(at.stream().map(it -> it - began)).containsExactly(0L, 100L, 200L, 300L, 400L);
    }

    @Test
    void whatWasNotUsedIsNotSavedUp() {
        Rate rate = new Rate(10, time);
        asks(rate, "a");
        time.advanceTimeBy(Duration.ofHours(1));
        served.clear();

        worksOn(rate, "a");
        time.advanceTimeBy(Duration.ofMillis(950));

        assertThat(served).hasSize(10);
    }

    @Test
    void atAHighRateATimerThatComesLateIsMadeUpFor() {
        Rate rate = new Rate(1_000, time);
        worksOn(rate, "a");

        for (int i = 0; i < 50; i++) {
            time.advanceTimeBy(Duration.ofMillis(20));
        }

        assertThat(served).hasSizeBetween(990, 1_050);
    }

    @Test
    void shardsTakeTurnsHoweverManyRunsEachHas() {
        Rate rate = new Rate(10, time);
        for (int i = 0; i < 8; i++) {
            worksOn(rate, "greedy");
        }
        worksOn(rate, "modest");
        worksOn(rate, "third");

        time.advanceTimeBy(Duration.ofSeconds(30));

        for (String shard : List.of("greedy", "modest", "third")) {
            assertThat(Collections.frequency(served, shard)).as(shard).isBetween(98, 103);
        }
    }

    @Test
    void whoCancelsLeavesItsTurnToTheNext() {
        Rate rate = new Rate(1, time);
        asks(rate, "now");
        Disposable impatient = asks(rate, "impatient");
        asks(rate, "patient");

        impatient.dispose();
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(served).containsExactly("now", "patient");
    }

    @Test
    void whoWaitsArmsNoTimerOfItsOwn() {
        Rate rate = new Rate(1, time);
        for (int i = 0; i < 1_000; i++) {
            asks(rate, "shard " + i);
        }

        assertThat(time.getScheduledTaskCount()).isEqualTo(1);
    }
}
