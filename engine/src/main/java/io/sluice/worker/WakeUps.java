package io.sluice.worker;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.sluice.ledger.LedgerName;
import io.sluice.sql.Identifier;
import io.sluice.sql.ServerCancel;
import io.sluice.sql.Statements;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * When to look for work: when the journal of the shard notifies, when somebody in this instance knows of some, and now and
 * then anyway. LISTEN needs a session of its own, so a shard that has no direct connections is polled only.
 */
final class WakeUps {

    private static final Logger LOG = LoggerFactory.getLogger(WakeUps.class);

    /** The journal notifies at most once in 250 ms: what came after a notification is found by looking again. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(300);

    private final String shard;
    private final @Nullable ConnectionFactory direct;
    private final LedgerName ledger;
    private final Duration idlePoll;
    private final Scheduler scheduler;
    private final RandomGenerator random;
    private final Sinks.Many<Boolean> notified = Sinks.many().multicast().directBestEffort();
    private final Sinks.Many<Boolean> local = Sinks.many().multicast().directBestEffort();

    /** @param direct connections for LISTEN; null: poll only */
    WakeUps(
            String shard,
            @Nullable ConnectionFactory direct,
            LedgerName ledger,
            Duration idlePoll,
            Scheduler scheduler,
            RandomGenerator random) {
        this.shard = shard;
        this.direct = direct;
        this.ledger = ledger;
        this.idlePoll = idlePoll;
        this.scheduler = scheduler;
        this.random = random;
    }

    /** Says that there may be work; a hint that may get lost, as the next look comes anyway. */
    void wake() {
        // where another thread does the same just now, that is heard
        local.tryEmitNext(true);
    }

    /** Emits when the journal notifies, while {@link #signals} is subscribed to; a hint that may get lost. Never completes. */
    Flux<Boolean> notified() {
        return notified.asFlux();
    }

    /** Emits when something may have changed, here or as the journal notifies; a hint that may get lost. Never completes. */
    Flux<Boolean> hints() {
        return Flux.merge(notified(), local.asFlux());
    }

    /** Emits at once and then whenever it is time to look; never ends. What nobody requested is coalesced. */
    Flux<Boolean> signals() {
        return Flux.merge(Mono.just(true), polls(), local.asFlux(), notifications())
                .onBackpressureLatest();
    }

    /** From a random moment on, so that shards which are started together are not polled together. */
    private Flux<Boolean> polls() {
        return Flux.defer(() -> {
            Duration first = Duration.ofMillis(1 + random.nextLong(idlePoll.toMillis()));
            return Flux.interval(first, idlePoll, scheduler)
                    .onBackpressureDrop()
                    .map(tick -> true);
        });
    }

    private Flux<Boolean> notifications() {
        return direct == null
                ? Flux.never()
                : Flux.usingWhen(direct.create(), this::listen, ServerCancel::discard)
                        .switchMap(it -> Flux.concat(
                                Mono.just(it), Mono.delay(LOOK_AGAIN, scheduler).thenReturn(it)))
                        .doOnNext(it -> notified.tryEmitNext(it))
                        .doOnError(e ->
                                LOG.debug("shard {}: LISTEN ended ({}), polling until it is back", shard, e.toString()))
                        .retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofSeconds(1))
                                .maxBackoff(Duration.ofSeconds(30))
                                .scheduler(scheduler))
                        .concatWith(Flux.never());
    }

    private Flux<Boolean> listen(Connection connection) {
        PostgresqlConnection session = ServerCancel.unwrap(connection).orElse(null);
        return session == null
                ? Flux.never()
                : Statements.script(session, "listen " + Identifier.quote(ledger.channel()))
                        .thenMany(Flux.concat(
                                Mono.just(true), session.getNotifications().map(it -> true)));
    }
}
