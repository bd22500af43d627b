package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunGroup;
import io.sluice.run.RunKind;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * How far runs are, as server-sent events, and what happened to them, in between. Progress has no id: the newest state is all there is
 * to know. What is journalled has, and a reader goes on behind it.
 */
@RestController
@RequestMapping(path = "${sluice.web.base-path:/sluice}/api", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
class ProgressController {

    private final Sluice sluice;
    private final LiveProgress live;
    private final EventFeed feed;
    private final GroupFinder groups;
    private final Streams streams;

    ProgressController(Sluice sluice, LiveProgress live, EventFeed feed, GroupFinder groups, Streams streams) {
        this.sluice = sluice;
        this.live = live;
        this.feed = feed;
        this.groups = groups;
        this.streams = streams;
    }

    /** Progress of every run that may change by itself, and no events; never ends. */
    @GetMapping("/progress")
    ResponseEntity<Flux<ServerSentEvent<Object>>> all() {
        return streams.answer(live.all());
    }

    /** Of one run as it stands now, without a rate: for who does not follow it. */
    @GetMapping(path = "/runs/{shard}/{number}/progress/now", produces = MediaType.APPLICATION_JSON_VALUE)
    Mono<Object> now(@PathVariable String shard, @PathVariable long number) {
        return sluice.run(RunAddress.of(sluice, shard, number)).flatMap(live::now);
    }

    /** Of one run; ends with it. It breaks off without a last event where the run goes on after all, as one does that is retried. */
    @GetMapping("/runs/{shard}/{number}/progress")
    Mono<ResponseEntity<Flux<ServerSentEvent<Object>>>> ofRun(
            @PathVariable String shard,
            @PathVariable long number,
            @RequestParam(required = false) @Nullable String lastEventId,
            @RequestHeader(name = "Last-Event-ID", required = false) @Nullable String header) {
        EventPositions from = EventPositions.parse(header, lastEventId);
        return sluice.run(RunAddress.of(sluice, shard, number))
                .map(run -> streams.answer(followed(
                                List.of(run), List.of(shard), new EventFilter(Set.of(run.id()), null, null, null), from)
                        .concatWith(sluice.run(run.id())
                                .filter(ended -> SharedLooks.isOver(ended.status()))
                                .map(ended -> Streams.end(ended.status())))));
    }

    /**
     * Of the runs of one migration on all of its shards, also of those that are retried or enqueued meanwhile; ends when all of them
     * have. It breaks off where a shard cannot be reached.
     */
    @GetMapping("/groups/{kind}/{name}/progress")
    Mono<ResponseEntity<Flux<ServerSentEvent<Object>>>> ofGroup(
            @PathVariable String kind,
            @PathVariable String name,
            @RequestParam(defaultValue = "[]") String arguments,
            @RequestParam(required = false) @Nullable String lastEventId,
            @RequestHeader(name = "Last-Event-ID", required = false) @Nullable String header) {
        EventPositions from = EventPositions.parse(header, lastEventId);
        Mono<RunGroup> group = groups.find(kind, name, arguments);
        return group.map(found -> {
            List<Run> runs = found.members().stream()
                    .map(RunGroup.Member::run)
                    .filter(Objects::nonNull)
                    .toList();
            List<String> shards = found.members().stream()
                    .filter(it -> it.status() != RunGroup.Status.UNREACHABLE)
                    .map(RunGroup.Member::shard)
                    .toList();
            EventFilter ofGroup =
                    new EventFilter(Set.of(), Words.of(RunKind.class, "kind", kind), found.name(), found.arguments());
            return streams.answer(followed(runs, shards, ofGroup, from)
                    .concatWith(group.filter(ProgressController::isOver).map(ended -> Streams.end(ended.status()))));
        });
    }

    /** Emits progress as it changes and events as they happen; completes when the runs are over and all their events are told. */
    private Flux<ServerSentEvent<Object>> followed(
            List<Run> runs, List<String> shards, EventFilter filter, EventPositions from) {
        return Flux.defer(() -> {
            FollowedRuns<ServerSentEvent<Object>> followed = new FollowedRuns<>(live::of, sluice::run);
            Sinks.Empty<Void> over = Sinks.empty();
            Flux<ServerSentEvent<Object>> progress = followed.progress(runs).doOnComplete(over::tryEmitEmpty);
            Flux<ServerSentEvent<Object>> events = feed.until(over.asMono(), shards, from, filter, followed::happened);
            return Flux.merge(1, progress, events);
        });
    }

    private static boolean isOver(RunGroup group) {
        return group.members().stream()
                .allMatch(it -> it.status() == RunGroup.Status.MISSING
                        || (it.run() != null && SharedLooks.isOver(it.run().status())));
    }
}
