package io.sluice.data;

import io.sluice.throttle.Throttle.Restraint;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Tells the ledger that a run is throttled, why, and how much time that cost so far: when it begins, now and then while it
 * lasts, and when it has been over for a while. What swings is told once. All lanes of a run share one.
 */
final class Throttling {

    private static final Logger LOG = LoggerFactory.getLogger(Throttling.class);

    /** How old the reason and the time in the ledger may become while it lasts. */
    private static final long TELL_EVERY = Duration.ofSeconds(2).toMillis();

    /** It is over when nothing was in the way for so long. */
    private static final long CALM = Duration.ofSeconds(5).toMillis();

    private static final long NOT_CALM = Long.MIN_VALUE;

    /** Where it is told. */
    @FunctionalInterface
    interface Teller {

        /**
         * Tells it.
         *
         * @param reason null: not throttled any more
         * @param lost time that it cost since it was told last, by what cost it
         */
        Mono<Void> tell(@Nullable String reason, Map<String, Duration> lost);
    }

    private final Teller teller;
    private final Scheduler scheduler;
    private final AtomicBoolean told;
    private volatile @Nullable Restraint last;
    private final Map<String, Long> lostMicros = new ConcurrentHashMap<>();
    private final AtomicLong countedUntil = new AtomicLong(Long.MIN_VALUE);
    private final AtomicBoolean handedBack = new AtomicBoolean();
    private final AtomicLong tellAt = new AtomicLong();
    private final AtomicLong calmSince = new AtomicLong(NOT_CALM);

    /** @param told whether the ledger says that the run is throttled, as an earlier lease may have left it */
    Throttling(Teller teller, boolean told, Scheduler scheduler) {
        this.teller = teller;
        this.told = new AtomicBoolean(told);
        this.scheduler = scheduler;
    }

    /** The throttle has a reason for less than full speed. Emits nothing; completes when that is told, if it is to be. */
    Mono<Void> throttled(Restraint by) {
        long now = scheduler.now(TimeUnit.MILLISECONDS);
        long due = tellAt.get();
        last = by;
        calmSince.set(NOT_CALM);
        boolean begins = told.compareAndSet(false, true);
        return (begins || now >= due) && tellAt.compareAndSet(due, now + TELL_EVERY) ? tell(by.reason()) : Mono.empty();
    }

    /** The throttle has none. */
    Mono<Void> calm() {
        if (!told.get()) {
            return Mono.empty();
        }
        long now = scheduler.now(TimeUnit.MILLISECONDS);
        calmSince.compareAndSet(NOT_CALM, now);
        return now - calmSince.get() >= CALM ? end() : Mono.empty();
    }

    /** Time until now in which nothing was done because of that. What several lanes lose at once is lost once. */
    void lost(long micros, String source) {
        long now = scheduler.now(TimeUnit.MICROSECONDS);
        long countedBefore = countedUntil.getAndUpdate(until -> Math.max(until, now));
        add(source, Math.max(0, now - Math.max(countedBefore, now - micros)));
    }

    /** The run is handed back; it is throttled until it is claimed again, as long as that may take at least. */
    Mono<Void> handedBack(Restraint by, Duration untilNext) {
        // by the first lane that gives up; it is for all of them
        if (handedBack.compareAndSet(false, true)) {
            add(by.source(), TimeUnit.NANOSECONDS.toMicros(untilNext.toNanos()));
        }
        last = by;
        return tell(by.reason());
    }

    /** This holder lets go of the run: what is not told yet is, and what is throttled stays so for the next one. */
    Mono<Void> flush() {
        Restraint by = last;
        return by != null && told.get() && !lostMicros.isEmpty() ? tell(by.reason()) : Mono.empty();
    }

    /** The run has come to its end, or was calm for long enough. */
    Mono<Void> end() {
        return told.compareAndSet(true, false) ? tell(null) : Mono.empty();
    }

    private void add(String source, long micros) {
        if (micros > 0) {
            lostMicros.merge(source, micros, Long::sum);
        }
    }

    private Map<String, Duration> taken() {
        Map<String, Duration> taken = new LinkedHashMap<>();
        for (String source : List.copyOf(lostMicros.keySet())) {
            Long micros = lostMicros.remove(source);
            if (micros != null) {
                taken.put(source, Duration.ofNanos(TimeUnit.MICROSECONDS.toNanos(micros)));
            }
        }
        return taken;
    }

    /** Nobody's work fails because this cannot be told. */
    private Mono<Void> tell(@Nullable String reason) {
        return Mono.defer(() -> {
            Map<String, Duration> lost = taken();
            return teller.tell(reason, lost).onErrorResume(e -> {
                lost.forEach((source, time) -> add(source, TimeUnit.NANOSECONDS.toMicros(time.toNanos())));
                if (reason == null) {
                    told.set(true); // it still is what the ledger says
                }
                LOG.debug("the throttling of a run ({}) could not be told", reason, e);
                return Mono.empty();
            });
        });
    }
}
