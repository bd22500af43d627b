package io.sluice.throttle;

import io.sluice.sql.SqlFault;
import io.sluice.sql.TableName;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A signal at work on one shard. Whoever asks while a sample is fresh gets what it led to; who asks first after that has the
 * next one taken, and all who ask meanwhile wait for the same. So nothing is polled while nobody asks, and nobody who goes away
 * spoils it for the others.
 */
final class SampledSignal implements Throttle {

    /** A database that takes longer to say how it is does not say it. */
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(2);

    private final Signal signal;
    private final Scheduler scheduler;
    private final Function<@Nullable TableName, Mono<Reading>> looks;

    /** By table; as many as there are tables that are migrated. */
    private final Map<Optional<TableName>, Mono<Decision>> decisions = new ConcurrentHashMap<>();

    /** @param looks makes what measures once for a shard or a table; each subscription measures */
    SampledSignal(Signal signal, Scheduler scheduler, Function<@Nullable TableName, Mono<Reading>> looks) {
        this.signal = signal;
        this.scheduler = scheduler;
        this.looks = looks;
    }

    @Override
    public Mono<Decision> ask(RunAtWork run) {
        if (signal.isOfTable() && run.table() == null) {
            return Mono.just(new Permit());
        }
        return decisions.computeIfAbsent(
                signal.isOfTable() ? Optional.ofNullable(run.table()) : Optional.empty(),
                table -> sampled(table.orElse(null)));
    }

    private Mono<Decision> sampled(@Nullable TableName table) {
        Judgement judgement = new Judgement(signal, scheduler);
        return looks.apply(table)
                .timeout(ANSWER_WITHIN, scheduler)
                .defaultIfEmpty(Reading.unknown("nothing was measured"))
                .onErrorResume(e -> Mono.just(Reading.unknown(why(e))))
                .map(judgement::of)
                .cache(signal.sampling().every(), scheduler);
    }

    private static String why(Throwable error) {
        return error instanceof TimeoutException
                ? "no answer within " + ANSWER_WITHIN.toSeconds() + " s"
                : SqlFault.kind(error);
    }
}
