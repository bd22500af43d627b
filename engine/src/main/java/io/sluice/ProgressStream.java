package io.sluice;

import io.sluice.run.Progress;
import io.sluice.run.RowTotal;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
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

/**
 * The progress of a run as its ledger tells it, on whichever instance it is worked on. The rate is that of the recent past,
 * while it works: an average of what was seen between looks, in which each look fades within seconds.
 */
final class ProgressStream {

    private static final Duration LOOK = Duration.ofMillis(500);

    /** While a run waits to begin: whoever follows it wants to see that it does. */
    private static final Duration SOON = Duration.ofMillis(200);

    /** Without a row for so long it stands: what is left of the rate would tell of days. */
    private static final Duration QUIET = Duration.ofSeconds(10);

    /** A longer one says nothing. */
    private static final Duration LONGEST_ETA = Duration.ofDays(1_000);

    /** Share of the newest look in the rate. */
    private static final double WEIGHT = 0.2;

    private final Clock clock;
    private final Scheduler scheduler;

    ProgressStream(Clock clock, Scheduler scheduler) {
        this.clock = clock;
        this.scheduler = scheduler;
    }

    /**
     * Emits the newest state at once and then about twice a second, while the run is enqueued five times, as far as it is requested;
     * completes after a terminal status or FAILED. Once it has begun, looks that fail for a passing reason are left out.
     */
    Flux<Progress> of(Mono<Progress> look) {
        return Flux.defer(() -> {
            AtomicReference<@Nullable Sample> last = new AtomicReference<>();
            AtomicReference<Duration> next = new AtomicReference<>(LOOK);
            Mono<Progress> patient = look.onErrorResume(
                    error -> last.get() != null && SqlFault.of(error).isTransient(), error -> Mono.empty());
            return Flux.just(Duration.ZERO)
                    .concatWith(Mono.fromSupplier(next::get).repeat())
                    .concatMap(pause -> whenRequested(patient, pause), 0)
                    .doOnNext(progress -> next.set(progress.status() == RunStatus.ENQUEUED ? SOON : LOOK))
                    .map(progress -> withRate(progress, last))
                    .takeUntil(progress -> isOver(progress.status()));
        });
    }

    /**
     * Emits the newest state of many runs, look by look, as far as it is requested; never completes. Looks that fail for a passing reason
     * are left out.
     */
    Flux<Progress> ofMany(Mono<List<Progress>> look) {
        return Flux.defer(() -> {
            Map<RunId, AtomicReference<@Nullable Sample>> last = new HashMap<>();
            Mono<List<Progress>> patient =
                    look.onErrorResume(error -> SqlFault.of(error).isTransient(), error -> Mono.empty());
            return Flux.just(Duration.ZERO)
                    .concatWith(Flux.just(LOOK).repeat())
                    .concatMap(pause -> Mono.delay(pause, scheduler).flux().concatMap(over -> patient, 0), 0)
                    .doOnNext(seen -> last.keySet()
                            .retainAll(seen.stream().map(Progress::run).toList()))
                    .concatMapIterable(seen -> seen)
                    .map(it -> withRate(it, last.computeIfAbsent(it.run(), run -> new AtomicReference<>())));
        });
    }

    /** Looks when it is asked for and the pause is over, not before: what was seen earlier would be old by then. */
    private Flux<Progress> whenRequested(Mono<Progress> look, Duration pause) {
        return Mono.delay(pause, scheduler).flux().concatMap(over -> look, 0);
    }

    /** One look; gained is when rows were seen last. */
    private record Sample(long seen, Progress.Phase phase, long millis, long gained, double rate) {}

    private Progress withRate(Progress now, AtomicReference<@Nullable Sample> last) {
        long millis = clock.millis();
        Sample before = last.get();
        boolean comparable = before != null
                && before.phase == now.phase()
                && millis > before.millis
                && now.status().isWorking();
        double rate = before == null || !comparable ? 0 : rate(before, now.seenInPass(), millis);
        boolean stands = before != null && comparable && now.seenInPass() <= before.seen;
        last.set(new Sample(
                now.seenInPass(), now.phase(), millis, before != null && stands ? before.gained : millis, rate));
        return new Progress(
                now.run(),
                now.status(),
                now.phase(),
                now.rowsSeen(),
                now.seenInPass(),
                now.rowsChanged(),
                now.total(),
                rate,
                eta(now.total(), now.seenInPass(), rate),
                now.reason(),
                now.throttled());
    }

    private static double rate(Sample before, long seen, long millis) {
        long gain = Math.max(0, seen - before.seen);
        if (before.rate == 0) {
            return 1000.0 * gain / (millis - before.gained); // after a rest, the rest is part of the pace
        }
        boolean stands = gain == 0 && millis - before.gained >= QUIET.toMillis();
        return stands ? 0 : WEIGHT * 1000.0 * gain / (millis - before.millis) + (1 - WEIGHT) * before.rate;
    }

    private static @Nullable Duration eta(RowTotal total, long seen, double rate) {
        long rest = total.rows() - seen;
        boolean known = total.kind() != RowTotal.Kind.UNKNOWN && rate > 0 && rest >= 0;
        double millis = known ? 1000.0 * rest / rate : Double.MAX_VALUE;
        return millis <= LONGEST_ETA.toMillis() ? Duration.ofMillis(Math.round(millis)) : null;
    }

    private static boolean isOver(RunStatus status) {
        return status.isTerminal() || status == RunStatus.FAILED;
    }
}
