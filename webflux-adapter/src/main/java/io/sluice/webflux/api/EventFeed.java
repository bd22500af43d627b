package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.event.SluiceEvent;
import io.sluice.ledger.LedgerException;
import io.sluice.sql.SqlFault;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.http.codec.ServerSentEvent;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * What the journals of shards tell to a reader, as server-sent events with ids. One without an id begins now, and is first told
 * where that is, one {@code position} per shard. A shard that cannot be used is silent until it can.
 */
final class EventFeed {

    private static final Duration LOOK = Duration.ofMillis(500);

    private final Sluice sluice;
    private final RunsOfEvents runs;

    EventFeed(Sluice sluice) {
        this.sluice = sluice;
        this.runs = new RunsOfEvents(sluice);
    }

    /** Emits what happens, also what is not journalled; never completes. */
    Flux<ServerSentEvent<Object>> live(List<String> shards, EventPositions from, EventFilter filter) {
        return told(
                shards, from, this::last, (shard, begin) -> wanted(shard, sluice.eventsAfter(shard, begin), filter));
    }

    /**
     * Emits what is journalled; completes when all is told that was in the journals when {@code over} completed. Errors where one
     * cannot be asked for its begin or its end: what is over must not wait for it.
     *
     * @param happened is waited for before an event is told that is wanted
     */
    Flux<ServerSentEvent<Object>> until(
            Mono<Void> over,
            List<String> shards,
            EventPositions from,
            EventFilter filter,
            Function<SluiceEvent, Mono<Void>> happened) {
        return told(
                shards,
                from,
                sluice::lastEvent,
                (shard, begin) -> until(
                        over, begin, after -> journalled(shard, after, filter, happened), sluice.lastEvent(shard)));
    }

    private interface Feed {
        Flux<Told> of(String shard, long after);
    }

    private Flux<ServerSentEvent<Object>> told(
            List<String> shards, EventPositions from, Function<String, Mono<Long>> last, Feed feed) {
        return Flux.defer(() -> {
            AtomicReference<EventPositions> at = new AtomicReference<>(from);
            return Flux.fromIterable(shards)
                    .flatMap(it -> ofShard(it, from.of(it), last, feed), Math.max(1, shards.size()), 1)
                    .concatMap(it -> Mono.justOrEmpty(told(it, at, shards.size())), 1);
        });
    }

    /** Where a reader begins, and then what happens. */
    private static Flux<Told> ofShard(
            String shard, @Nullable Long after, Function<String, Mono<Long>> last, Feed feed) {
        return after != null
                ? feed.of(shard, after)
                : last.apply(shard)
                        .flatMapMany(begin ->
                                Flux.concat(Mono.just(new Told(shard, begin, null, true)), feed.of(shard, begin)));
    }

    private static Flux<Told> until(Mono<Void> over, long after, LongFunction<Flux<Told>> journalled, Mono<Long> end) {
        AtomicLong at = new AtomicLong(after);
        Flux<Told> before = journalled.apply(after).takeUntilOther(over).doOnNext(it -> at.set(it.number));
        Flux<Told> rest = end.filter(last -> last > at.get())
                .flatMapMany(last -> journalled.apply(at.get()).takeUntil(it -> it.number >= last));
        return before.concatWith(rest);
    }

    private Flux<Told> journalled(
            String shard, long after, EventFilter filter, Function<SluiceEvent, Mono<Void>> happened) {
        return wanted(shard, sluice.journalAfter(shard, after), filter)
                .concatMap(
                        it -> it.wanted && it.event != null
                                ? patient(happened.apply(it.event)).thenReturn(it)
                                : Mono.just(it),
                        1);
    }

    private Flux<Told> wanted(String shard, Flux<SluiceEvent> events, EventFilter filter) {
        return events.doOnNext(runs::told)
                .concatMap(
                        event -> patient(filter.wants(event, runs::find))
                                .map(wanted -> new Told(shard, event.origin().number(), event, wanted)),
                        1);
    }

    private Mono<Long> last(String shard) {
        return patient(sluice.lastEvent(shard));
    }

    private static <T> Mono<T> patient(Mono<T> look) {
        return look.retryWhen(Retry.fixedDelay(Long.MAX_VALUE, LOOK).filter(EventFeed::mayCome));
    }

    /** One shard that cannot be used yet must not end the events of the others. */
    private static boolean mayCome(Throwable error) {
        return SqlFault.of(error).isTransient() || error instanceof LedgerException;
    }

    /** An event, wanted or not, or where a reader stands who has none yet. */
    private record Told(String shard, long number, @Nullable SluiceEvent event, boolean wanted) {}

    private static @Nullable ServerSentEvent<Object> told(Told it, AtomicReference<EventPositions> at, int shards) {
        SluiceEvent event = it.event;
        // only what is journalled has an id: what is not cannot be asked for again
        if (event instanceof SluiceEvent.SubBatchDone) {
            return it.wanted ? sse(event).build() : null;
        }
        EventPositions now = at.updateAndGet(before -> before.at(it.shard, it.number));
        if (!it.wanted) {
            return null;
        }
        ServerSentEvent.Builder<Object> sse = event == null
                ? ServerSentEvent.<Object>builder(Map.of("shard", it.shard, "number", it.number))
                        .event("position")
                : sse(event);
        String id = now.id(shards);
        return id == null ? sse.build() : sse.id(id).build();
    }

    private static ServerSentEvent.Builder<Object> sse(SluiceEvent event) {
        return ServerSentEvent.<Object>builder(EventView.of(event)).event(EventView.name(event));
    }
}
