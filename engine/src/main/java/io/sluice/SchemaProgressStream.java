package io.sluice;

import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.run.SchemaProgress;
import io.sluice.sql.SqlFault;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** The progress of a schema run as its ledger tells it. The ETA is the rest at the rate of the last looks, in which each fades. */
final class SchemaProgressStream {

    private static final Duration LOOK = Duration.ofMillis(500);

    /** Share of the newest look in the rate: phases differ, so the past counts for long. */
    private static final double WEIGHT = 0.1;

    private final Clock clock;
    private final Scheduler scheduler;

    SchemaProgressStream(Clock clock, Scheduler scheduler) {
        this.clock = clock;
        this.scheduler = scheduler;
    }

    /** One look at one moment: percent, and percent per millisecond. */
    private record Sample(double percent, long millis, double rate) {}

    /** Emits at once and then about twice a second as far as requested; completes after a terminal status or FAILED. */
    Flux<SchemaProgress> of(Mono<SchemaProgress> look) {
        return Flux.defer(() -> {
            AtomicReference<@Nullable Sample> last = new AtomicReference<>();
            Mono<SchemaProgress> patient = look.onErrorResume(
                    error -> last.get() != null && SqlFault.of(error).isTransient(), error -> Mono.empty());
            return Flux.just(Duration.ZERO)
                    .concatWith(Flux.just(LOOK).repeat())
                    .concatMap(pause -> Mono.delay(pause, scheduler).flux().concatMap(over -> patient, 0), 0)
                    .map(seen -> withEta(seen, last))
                    .takeUntil(seen -> seen.status().isTerminal() || seen.status() == RunStatus.FAILED);
        });
    }

    /**
     * Emits the newest state of many runs, look by look, as far as it is requested; never completes. Looks that fail for a passing reason
     * are left out.
     */
    Flux<SchemaProgress> ofMany(Mono<List<SchemaProgress>> look) {
        return Flux.defer(() -> {
            Map<RunId, AtomicReference<@Nullable Sample>> last = new HashMap<>();
            Mono<List<SchemaProgress>> patient =
                    look.onErrorResume(error -> SqlFault.of(error).isTransient(), error -> Mono.empty());
            return Flux.just(Duration.ZERO)
                    .concatWith(Flux.just(LOOK).repeat())
                    .concatMap(pause -> Mono.delay(pause, scheduler).flux().concatMap(over -> patient, 0), 0)
                    .doOnNext(seen -> last.keySet()
                            .retainAll(seen.stream().map(SchemaProgress::run).toList()))
                    .concatMapIterable(seen -> seen)
                    .map(it -> withEta(it, last.computeIfAbsent(it.run(), run -> new AtomicReference<>())));
        });
    }

    private SchemaProgress withEta(SchemaProgress seen, AtomicReference<@Nullable Sample> last) {
        long millis = clock.millis();
        Sample before = last.get();
        boolean waits = seen.waitsFor() != null;
        double rate = 0;
        if (before != null && waits) {
            // who is in the way may stay for a minute or a day: no time can be told, and the rate is what it was
            rate = before.rate;
        } else if (before != null && millis > before.millis && seen.status().isWorking()) {
            double recent = Math.max(0, seen.percent() - before.percent) / (millis - before.millis);
            rate = before.rate == 0 ? recent : WEIGHT * recent + (1 - WEIGHT) * before.rate;
        }
        last.set(new Sample(seen.percent(), millis, rate));
        return new SchemaProgress(
                seen.run(),
                seen.status(),
                seen.phase(),
                seen.percent(),
                rate > 0 && !waits ? Duration.ofMillis(Math.round((100 - seen.percent()) / rate)) : null,
                seen.blocks(),
                seen.tuples(),
                seen.lockers(),
                seen.partitions(),
                seen.waitsFor(),
                seen.failure());
    }
}
