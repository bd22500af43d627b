package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.run.Arguments;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import java.util.List;
import java.util.Set;
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

/** What happens, as server-sent events that go on where the reader was. */
@RestController
@RequestMapping(path = "${sluice.web.base-path:/sluice}/api/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
class EventsController {

    private final Sluice sluice;
    private final Streams streams;
    private final EventFeed feed;

    EventsController(Sluice sluice, Streams streams, EventFeed feed) {
        this.sluice = sluice;
        this.streams = streams;
        this.feed = feed;
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
        EventFilter filter = new EventFilter(
                run.stream().map(RunId::parse).collect(Collectors.toSet()),
                kind == null ? null : Words.of(RunKind.class, "kind", kind),
                name,
                arguments == null ? null : Arguments.parse(arguments));
        return streams.answer(
                feed.live(shards(shard, filter.runs()), EventPositions.parse(header, lastEventId), filter));
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
}
