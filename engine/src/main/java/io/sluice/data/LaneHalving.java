package io.sluice.data;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.R2dbcDataIntegrityViolationException;
import io.sluice.ledger.LaneRest;
import io.sluice.ledger.Lease;
import io.sluice.ledger.LeaseLostException;
import io.sluice.ledger.Ledger;
import io.sluice.run.KeyBounds;
import io.sluice.sql.SqlFault;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * A lane that is done takes half of the largest rest of another. The key is looked for while that one goes on; then, in one
 * transaction that holds its row, its end is lowered and the new lane begins there. A sub-batch of it is before that transaction
 * or finds the new end, and never is a key in two lanes.
 */
final class LaneHalving {

    private static final Logger LOG = LoggerFactory.getLogger(LaneHalving.class);

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    /** Then the place is given up for this pass, which is slower and no harm. */
    private static final int LOOKS = 120;

    private static final Duration MISSED_AGAIN = Duration.ofMillis(20);

    /** What a try came to. */
    private enum Try {
        DONE,
        /** The lane had moved on, or was put into a fresh row. */
        MISSED,
        /** Also where the run is to stop: the next sub-batch finds that by itself. */
        NOTHING_WORTH_IT
    }

    private record Candidate(LaneRest rest, long rows) {}

    private record Cut(LaneRest rest, List<String> middle) {}

    private final Ledger ledger;
    private final Scheduler scheduler;
    private final Lease lease;
    private final KeyBounds bounds;
    private final int least;
    private final KeyLookup lookup;
    private final KeyDivision division;

    /** @param least rows that a rest must have to be worth it */
    LaneHalving(Ledger ledger, Scheduler scheduler, Lease lease, Keyset keys, KeyBounds bounds, int least) {
        this.ledger = ledger;
        this.scheduler = scheduler;
        this.lease = lease;
        this.bounds = bounds;
        this.least = least;
        this.lookup = new KeyLookup(keys);
        this.division = new KeyDivision(keys);
    }

    /**
     * Emits the number of the new lane; empty when no rest is worth it. Waits where a lane cannot be locked just now.
     *
     * @param newLane a number that nobody else gives a lane
     */
    Mono<Integer> into(int newLane) {
        return Mono.defer(() -> attempt(newLane))
                .repeatWhen(tries -> tries.delayElements(MISSED_AGAIN, scheduler))
                .takeUntil(it -> it != Try.MISSED)
                .last()
                .retryWhen(
                        Retry.fixedDelay(LOOKS, LOOK_AGAIN).scheduler(scheduler).filter(LaneHalving::passes))
                .onErrorResume(Exceptions::isRetryExhausted, e -> {
                    LOG.warn(
                            "run {}: no lane could be halved, the others go on: {}",
                            lease.run(),
                            String.valueOf(e.getCause()));
                    return Mono.just(Try.NOTHING_WORTH_IT);
                })
                // the answer to a try before was lost, and it had been committed
                .onErrorResume(R2dbcDataIntegrityViolationException.class, e -> Mono.just(Try.DONE))
                .filter(it -> it == Try.DONE)
                .map(done -> newLane);
    }

    /** The lane is in the middle of a long sub-batch, or the database is away: the lane's own retries say for how long. */
    private static boolean passes(Throwable error) {
        SqlFault fault = SqlFault.of(error);
        return !(error instanceof LeaseLostException) && (fault.isTransient() || fault == SqlFault.TIMEOUT);
    }

    private Mono<Try> attempt(int newLane) {
        return cut().flatMap(cut -> divided(cut, newLane)).defaultIfEmpty(Try.NOTHING_WORTH_IT);
    }

    /** Emits where the largest rest that is worth it is to be cut. */
    private Mono<Cut> cut() {
        return ledger.lanes()
                .rests(lease.run().number())
                .collectList()
                .flatMap(rests -> ledger.connections()
                        .unhurried(connection -> Flux.fromIterable(rests)
                                .concatMap(rest -> lookup.expected(connection, behind(rest), rest.upper())
                                        .map(rows -> new Candidate(rest, rows)))
                                .collectSortedList(Comparator.comparingLong(Candidate::rows)
                                        .reversed())
                                .flatMapIterable(candidates -> candidates)
                                .concatMap(candidate -> cut(connection, candidate.rest), 1)
                                .next()));
    }

    private Mono<Cut> cut(Connection connection, LaneRest rest) {
        return division.middle(connection, behind(rest), rest.upper(), least).map(middle -> new Cut(rest, middle));
    }

    private Mono<Try> divided(Cut cut, int newLane) {
        int number = cut.rest.lane();
        return ledger.connections()
                .unhurried(connection -> ledger.lanes()
                        .lock(connection, lease, number)
                        .flatMap(now -> now.working()
                                ? divided(connection, now.rest(), cut, newLane)
                                : Mono.just(Try.NOTHING_WORTH_IT)))
                .defaultIfEmpty(Try.MISSED);
    }

    private Mono<Try> divided(Connection connection, LaneRest now, Cut cut, int newLane) {
        return stillWithin(connection, now, cut)
                .flatMap(within -> within
                        ? ledger.lanes()
                                .divide(connection, lease, now.lane(), cut.middle, newLane)
                                .thenReturn(Try.DONE)
                        : Mono.just(Try.MISSED))
                .doOnNext(done -> LOG.debug(
                        "run {} lane {} takes what lane {} has behind {}: {}",
                        lease.run(),
                        newLane,
                        now.lane(),
                        cut.middle,
                        done));
    }

    /** Emits true while there are keys between the open batch and the middle, so that the batch ends before it. */
    private Mono<Boolean> stillWithin(Connection connection, LaneRest now, Cut cut) {
        return now.equals(cut.rest)
                ? Mono.just(true)
                : now.upper().equals(cut.rest.upper())
                        ? lookup.any(connection, behind(now), cut.middle)
                        : Mono.just(false);
    }

    private KeyLookup.@Nullable From behind(LaneRest rest) {
        return KeyLookup.From.of(rest.behind(), bounds);
    }
}
