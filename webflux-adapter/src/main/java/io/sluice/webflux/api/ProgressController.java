package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunGroup;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
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

    private static final Set<RunGroup.Status> OVER = EnumSet.of(
            RunGroup.Status.SUCCEEDED, RunGroup.Status.CANCELLED, RunGroup.Status.FAILED, RunGroup.Status.MISSING);

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

    /** Of one run as it stands now, without a rate: for who does not follow it. */
    @GetMapping(path = "/runs/{shard}/{number}/progress/now", produces = MediaType.APPLICATION_JSON_VALUE)
    Mono<Object> now(@PathVariable String shard, @PathVariable long number) {
        return sluice.run(RunAddress.of(sluice, shard, number))
                .flatMap(run -> live.of(run).next())
                .mapNotNull(ServerSentEvent::data);
    }

    /** Of one run; ends with it. It breaks off without a last event where the run goes on after all, as one does that is retried. */
    @GetMapping("/runs/{shard}/{number}/progress")
    Mono<ResponseEntity<Flux<ServerSentEvent<Object>>>> ofRun(@PathVariable String shard, @PathVariable long number) {
        return sluice.run(RunAddress.of(sluice, shard, number))
                .map(run -> streams.answer(live.of(run)
                        .concatWith(sluice.run(run.id())
                                .filter(ended -> OVER.contains(RunGroup.Status.of(ended.status())))
                                .map(ended -> Streams.end(ended.status())))));
    }

    /** Of the runs of one migration on all of its shards; ends when all of them have. It breaks off where one cannot be reached. */
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
                    .concatWith(group.filter(ProgressController::isOver).map(ended -> Streams.end(ended.status()))));
        });
    }

    private static boolean isOver(RunGroup group) {
        return group.members().stream().allMatch(it -> OVER.contains(it.status()));
    }
}
