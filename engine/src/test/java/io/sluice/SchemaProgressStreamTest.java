package io.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.run.SchemaProgress;
import io.sluice.testkit.SettableClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** What the progress of a build says of the time that is left. */
class SchemaProgressStreamTest {

    private static final Duration LOOK = Duration.ofMillis(500);
    private static final RunId RUN = new RunId("main", 1);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final SettableClock clock = SettableClock.at("2026-01-31T12:00:00Z");
    private final List<SchemaProgress> told = new ArrayList<>();

    private RunStatus status = RunStatus.RUNNING;
    private double percent;
    private @Nullable String waitsFor;

    @AfterEach
    void disposeTime() {
        time.dispose();
    }

    @Test
    void theTimeIsThatOfTheRestAtTheRecentRate() {
        watched();
        look(10, null);
        look(20, null);

        // ten percent in half a second, eighty are left
        assertThat(newest().eta()).isEqualTo(Duration.ofSeconds(4));
    }

    @Test
    void nobodyKnowsHowLongSomebodyStaysInTheWayAndTheRateIsKeptForAfterwards() {
        watched();
        look(10, null);
        look(20, null);
        for (int i = 0; i < 100; i++) {
            look(20, "pid 4711");
            assertThat(newest().eta()).isNull();
        }
        look(30, null);

        assertThat(newest().eta()).isEqualTo(Duration.ofMillis(3_500));
    }

    @Test
    void itEndsWithTheRun() {
        boolean[] completed = {false};
        stream().doOnComplete(() -> completed[0] = true).subscribe(told::add);
        time.advanceTimeBy(Duration.ofMillis(1));
        status = RunStatus.SUCCEEDED;
        look(100, null);

        assertThat(completed[0]).isTrue();
        assertThat(newest().percent()).isEqualTo(100);
        assertThat(newest().eta()).isNull();
    }

    private void watched() {
        stream().subscribe(told::add);
        time.advanceTimeBy(Duration.ofMillis(1));
    }

    private Flux<SchemaProgress> stream() {
        return new SchemaProgressStream(clock, time).of(Mono.fromSupplier(this::now));
    }

    private void look(double now, @Nullable String waiting) {
        percent = now;
        waitsFor = waiting;
        clock.advance(LOOK);
        time.advanceTimeBy(LOOK);
    }

    private SchemaProgress newest() {
        return told.get(told.size() - 1);
    }

    private SchemaProgress now() {
        SchemaProgress.Counted none = new SchemaProgress.Counted(0, 0);
        return new SchemaProgress(RUN, status, "building", percent, null, none, none, none, none, waitsFor, null);
    }
}
