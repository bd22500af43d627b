package io.sluice.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.test.scheduler.VirtualTimeScheduler;

class SubBatchSamplesTest {

    private static final Run RUN = Runs.of("main", 1, "fill", RunStatus.RUNNING);
    private static final Duration TOOK = Duration.ofMillis(50);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final SubBatchSamples samples = new SubBatchSamples(time);
    private final List<SubBatchSamples.Sample> told = new ArrayList<>();

    @AfterEach
    void dispose() {
        time.dispose();
    }

    @Test
    void thousandsOfSubBatchesAreTwoSamplesASecondThatAddUp() {
        samples.ofShard("main").subscribe(told::add);

        for (int i = 0; i < 10_000; i++) {
            samples.subBatchDone(RUN, 7, 3, TOOK);
            time.advanceTimeBy(Duration.ofMillis(1));
        }
        samples.statusChanged(RUN);

        assertThat(told).hasSizeBetween(20, 21);
        assertThat(told).extracting(SubBatchSamples.Sample::run).containsOnly(RUN);
        assertThat(told.stream().mapToLong(SubBatchSamples.Sample::subBatches).sum())
                .isEqualTo(10_000);
        assertThat(told.stream().mapToLong(SubBatchSamples.Sample::rowsSeen).sum())
                .isEqualTo(70_000);
        assertThat(told.stream().mapToLong(SubBatchSamples.Sample::rowsChanged).sum())
                .isEqualTo(30_000);
        assertThat(told.get(1).took()).isEqualTo(TOOK.multipliedBy(told.get(1).subBatches()));
    }

    @Test
    void theFirstOneIsToldAtOnce() {
        samples.ofShard("main").subscribe(told::add);

        samples.subBatchDone(RUN, 7, 3, TOOK);

        assertThat(told)
                .singleElement()
                .extracting(SubBatchSamples.Sample::subBatches)
                .isEqualTo(1);
    }

    @Test
    void runsAndShardsAreToldApart() {
        samples.ofShard("other").subscribe(told::add);

        samples.subBatchDone(RUN, 7, 3, TOOK);
        Run other = Runs.of("other", 1, "fill", RunStatus.RUNNING);
        samples.subBatchDone(other, 5, 5, TOOK);

        assertThat(told).extracting(SubBatchSamples.Sample::run).containsExactly(other);
    }

    @Test
    void aSubscriberThatDoesNotKeepUpHoldsNobodyUp() {
        samples.ofShard("main").subscribe(new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                subscription.request(1);
            }

            @Override
            protected void hookOnNext(SubBatchSamples.Sample sample) {
                told.add(sample);
            }
        });

        for (int i = 0; i < 10; i++) {
            samples.subBatchDone(RUN, 1, 1, TOOK);
            time.advanceTimeBy(Duration.ofSeconds(1));
        }

        assertThat(told).hasSize(1);
    }
}
