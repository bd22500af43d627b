package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.event.SluiceEvent;
import io.sluice.ledger.LedgerException;
import io.sluice.run.Arguments;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import io.sluice.sql.SqlFault;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
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
    private final RunsOfEvents runs;

    EventsController(Sluice sluice, Streams streams) {
        this.sluice = sluice;
        this.streams = streams;
        this.runs = new RunsOfEvents(sluice);
    }

    /**
     * Events of all shards, or of some; of all runs, or of those of a kind, a name, arguments or an id. A reader without an id begins
     * now, and is first told where that is, one {@code position} per shard. Never ends by itself.
     *
     * @param run shard:number; with it only their shards are read
     * @param arguments a JSON array
     */
    @GetMapping
    ResponseEntity<Flux<ServerSentEvent<Object>>> events(
            @RequestParam(defaultValue = "") List<String> shard,
            @RequestParam(defaultValue = "") List<String> run,
            @RequestParam(required = false) @Nullable String kind,
            @RequestParam(required = false) @Nullable String name,
            @RequestParam(required = false) @Nullable String arguments,
            @RequestParam(required = false) @Nullable String lastEventId,
            @RequestHeader(name = "Last-Event-ID", required = false) @Nullable String header) {
        EventPositions from = EventPositions.parse(header == null ? lastEventId : header);
        EventFilter filter = new EventFilter(
                run.stream().map(RunId::parse).collect(Collectors.toSet()),
                kind == null ? null : Words.of(RunKind.class, "kind", kind),
                name,
                arguments == null ? null : Arguments.parse(arguments));
        List<String> shards = shards(shard, filter.runs());
        return streams.answer(Flux.defer(() -> {
            AtomicReference<EventPositions> at = new AtomicReference<>(from);
            return Flux.fromIterable(shards)
                    .flatMap(it -> ofShard(it, from.of(it), filter), shards.size(), 1)
                    .concatMap(it -> Mono.justOrEmpty(told(it, at, shards.size())), 1);
        }));
    }

    /** Throws {@link io.sluice.run.RunNotFoundException} where there is no such shard. */
    private List<String> shards(List<String> named, Set<RunId> runs) {
        runs.forEach(it -> RunAddress.of(sluice, it.shard(), it.number()));
        named.forEach(it -> RunAddress.of(sluice, it, 0));
        Set<String> ofRuns = runs.stream().map(RunId::shard).collect(Collectors.toSet());
        List<String> shards = sluice.shards().stream()
                .filter(it -> named.isEmpty() || named.contains(it))
                .filter(it -> ofRuns.isEmpty() || ofRuns.contains(it))
                .toList();
        if (shards.isEmpty()) {
            throw new IllegalArgumentException("no run of " + runs + " is on a shard of " + named);
        }
        return shards;
    }

    /** Where a reader begins, and then what happens. */
    private Flux<Told> ofShard(String shard, @Nullable Long after, EventFilter filter) {
        if (after != null) {
            return happening(shard, after, filter);
        }
        return patient(sluice.lastEvent(shard))
                .flatMapMany(last ->
                        Flux.concat(Mono.just(new Told(shard, last, null, true)), happening(shard, last, filter)));
    }

    private Flux<Told> happening(String shard, long after, EventFilter filter) {
        return sluice.eventsAfter(shard, after)
                .doOnNext(runs::told)
                .concatMap(
                        event -> patient(filter.wants(event, runs::find))
                                .map(wanted -> new Told(shard, 0, event, wanted)),
                        1);
    }

    private static <T> Mono<T> patient(Mono<T> look) {
        return look.retryWhen(Retry.fixedDelay(Long.MAX_VALUE, LOOK).filter(EventsController::mayCome));
    }

    /** One shard that cannot be used yet must not end the events of the others. */
    private static boolean mayCome(Throwable error) {
        return SqlFault.of(error).isTransient() || error instanceof LedgerException;
    }

    /** An event, wanted or not, or where a reader stands who has none yet. */
    private record Told(String shard, long number, @Nullable SluiceEvent event, boolean wanted) {}

    private static @Nullable ServerSentEvent<Object> told(Told it, AtomicReference<EventPositions> at, int shards) {
        SluiceEvent event = it.event;
        if (event == null) {
            EventPositions now = at.updateAndGet(before -> before.at(it.shard, it.number));
            return withId(
                    ServerSentEvent.<Object>builder(Map.of("shard", it.shard, "number", it.number))
                            .event("position"),
                    now.id(shards));
        }
        if (!it.wanted) {
            at.updateAndGet(before -> before.after(event));
            return null;
        }
        return sse(event, at, shards);
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
