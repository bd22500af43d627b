package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.event.SluiceEvent;
import io.sluice.ledger.LedgerException;
import io.sluice.sql.SqlFault;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** What happens, as server-sent events that go on where the reader was. */
@RestController
@RequestMapping(path = "${sluice.web.base-path:/sluice}/api/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
class EventsController {

    private static final Duration LOOK = Duration.ofMillis(500);

    private final Sluice sluice;
    private final Streams streams;

    EventsController(Sluice sluice, Streams streams) {
        this.sluice = sluice;
        this.streams = streams;
    }

    /**
     * Events of all shards, or of some, or of one migration. A reader without an id begins now, and is first told where that is, one
     * {@code position} per shard. Never ends by itself.
     */
    @GetMapping
    ResponseEntity<Flux<ServerSentEvent<Object>>> events(
            @RequestParam(defaultValue = "") List<String> shard,
            @RequestParam(required = false) @Nullable String migration,
            @RequestParam(required = false) @Nullable String lastEventId,
            @RequestHeader(name = "Last-Event-ID", required = false) @Nullable String header) {
        EventPositions from = EventPositions.parse(header == null ? lastEventId : header);
        List<String> shards = shard.isEmpty()
                ? List.copyOf(sluice.shards())
                : shard.stream().distinct().toList();
        shards.forEach(it -> RunAddress.of(sluice, it, 0));
        return streams.answer(Flux.defer(() -> {
            AtomicReference<EventPositions> at = new AtomicReference<>(from);
            return Flux.fromIterable(shards)
                    .flatMap(it -> ofShard(it, from.of(it)), shards.size(), 1)
                    .concatMap(it -> Mono.justOrEmpty(told(it, at, migration, shards.size())), 1);
        }));
    }

    /** Where a reader begins, and then what happens. */
    private Flux<Told> ofShard(String shard, @Nullable Long after) {
        if (after != null) {
            return sluice.eventsAfter(shard, after).map(it -> new Told(shard, 0, it));
        }
        return sluice.lastEvent(shard)
                .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, LOOK).filter(EventsController::mayCome))
                .flatMapMany(last -> Flux.concat(
                        Mono.just(new Told(shard, last, null)),
                        sluice.eventsAfter(shard, last).map(it -> new Told(shard, 0, it))));
    }

    /** One shard that cannot be used yet must not end the events of the others. */
    private static boolean mayCome(Throwable error) {
        return SqlFault.of(error).isTransient() || error instanceof LedgerException;
    }

    /** An event, or where a reader stands who has none yet. */
    private record Told(String shard, long number, @Nullable SluiceEvent event) {}

    private static @Nullable ServerSentEvent<Object> told(
            Told it, AtomicReference<EventPositions> at, @Nullable String migration, int shards) {
        SluiceEvent event = it.event;
        if (event == null) {
            EventPositions now = at.updateAndGet(before -> before.at(it.shard, it.number));
            return withId(
                    ServerSentEvent.<Object>builder(Map.of("shard", it.shard, "number", it.number))
                            .event("position"),
                    now.id(shards));
        }
        if (migration != null && !isOf(event, migration)) {
            at.updateAndGet(before -> before.after(event));
            return null;
        }
        return sse(event, at, shards);
    }

    private static boolean isOf(SluiceEvent event, String migration) {
        return event instanceof SluiceEvent.Gap || event.origin().migration().equals(migration);
    }

    /** Only what is journalled has an id: what is not cannot be asked for again. */
    private static ServerSentEvent<Object> sse(SluiceEvent event, AtomicReference<EventPositions> at, int shards) {
        ServerSentEvent.Builder<Object> sse =
                ServerSentEvent.<Object>builder(EventView.of(event)).event(EventView.name(event));
        return event instanceof SluiceEvent.SubBatchDone
                ? sse.build()
                : withId(sse, at.updateAndGet(before -> before.after(event)).id(shards));
    }

    private static ServerSentEvent<Object> withId(ServerSentEvent.Builder<Object> sse, @Nullable String id) {
        return id == null ? sse.build() : sse.id(id).build();
    }
}
