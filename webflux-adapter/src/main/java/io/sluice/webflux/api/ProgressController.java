package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunGroup;
import java.util.List;
import java.util.Objects;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** How far runs are, as server-sent events. These have no ids: the newest state is all there is to know. */
@RestController
@RequestMapping(path = "${sluice.web.base-path:/sluice}/api", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
class ProgressController {

    private final Sluice sluice;
    private final LiveProgress live;
    private final GroupFinder groups;
    private final Streams streams;

    ProgressController(Sluice sluice, LiveProgress live, GroupFinder groups, Streams streams) {
        this.sluice = sluice;
        this.live = live;
        this.groups = groups;
        this.streams = streams;
    }

    /** Of every run that may change by itself; never ends. */
    @GetMapping("/progress")
    ResponseEntity<Flux<ServerSentEvent<Object>>> all() {
        return streams.answer(live.all());
    }

    /** Of one run; ends with it. */
    @GetMapping("/runs/{shard}/{number}/progress")
    Mono<ResponseEntity<Flux<ServerSentEvent<Object>>>> ofRun(@PathVariable String shard, @PathVariable long number) {
        return sluice.run(RunAddress.of(sluice, shard, number))
                .map(run -> streams.answer(
                        live.of(run).concatWith(sluice.run(run.id()).map(ended -> Streams.end(ended.status())))));
    }

    /** Of the runs of one migration on all of its shards; ends when all of them have. */
    @GetMapping("/groups/{kind}/{name}/progress")
    Mono<ResponseEntity<Flux<ServerSentEvent<Object>>>> ofGroup(
            @PathVariable String kind, @PathVariable String name, @RequestParam(defaultValue = "[]") String arguments) {
        Mono<RunGroup> group = groups.find(kind, name, arguments);
        return group.map(found -> {
            List<Run> runs = found.members().stream()
                    .map(RunGroup.Member::run)
                    .filter(Objects::nonNull)
                    .toList();
            return streams.answer(Flux.fromIterable(runs)
                    .flatMap(live::of, Math.max(1, runs.size()), 1)
                    .concatWith(group.map(ended -> Streams.end(ended.status()))));
        });
    }
}
