package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.run.RunFilter;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import io.sluice.run.RunStatus;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** Runs, and what there is to see of one. */
@RestController
@RequestMapping(path = "${sluice.web.base-path:/sluice}/api/runs", produces = MediaType.APPLICATION_JSON_VALUE)
class RunsController {

    private final Sluice sluice;

    RunsController(Sluice sluice) {
        this.sluice = sluice;
    }

    /** Shard by shard, newest first; {@code after} is the {@code next} of the page before. */
    @GetMapping
    Mono<RunsView> runs(
            @RequestParam(defaultValue = "") List<String> status,
            @RequestParam(required = false) @Nullable String kind,
            @RequestParam(defaultValue = "") List<String> shard,
            @RequestParam(required = false) @Nullable String name,
            @RequestParam(required = false) @Nullable String after,
            @RequestParam(defaultValue = "50") int limit) {
        Set<RunStatus> statuses = status.stream()
                .map(it -> Words.of(RunStatus.class, "status", it))
                .collect(Collectors.toSet());
        RunFilter filter = new RunFilter(
                statuses, kind == null ? null : Words.of(RunKind.class, "kind", kind), name, Set.copyOf(shard));
        return sluice.inspect()
                .runs(filter, after == null ? null : RunId.parse(after), limit)
                .map(RunsView::of);
    }

    @GetMapping("/{shard}/{number}")
    Mono<RunView> run(@PathVariable String shard, @PathVariable long number) {
        return sluice.run(RunAddress.of(sluice, shard, number)).map(RunView::of);
    }

    /** Newest first; {@code before} is the {@code next} of the page before. */
    @GetMapping("/{shard}/{number}/batches")
    Mono<PageView<BatchView>> batches(
            @PathVariable String shard,
            @PathVariable long number,
            @RequestParam(required = false) @Nullable Long before,
            @RequestParam(defaultValue = "50") int limit) {
        return sluice.inspect()
                .batches(RunAddress.of(sluice, shard, number), before, limit)
                .map(BatchView::of)
                .collectList()
                .map(batches -> PageView.of(batches, limit, BatchView::number));
    }

    /** In the order in which they failed; {@code after} is the {@code next} of the page before. */
    @GetMapping("/{shard}/{number}/quarantine")
    Mono<PageView<QuarantineView>> quarantine(
            @PathVariable String shard,
            @PathVariable long number,
            @RequestParam(defaultValue = "0") long after,
            @RequestParam(defaultValue = "50") int limit) {
        return sluice.inspect()
                .quarantine(RunAddress.of(sluice, shard, number), after, limit)
                .map(QuarantineView::of)
                .collectList()
                .map(keys -> PageView.of(keys, limit, QuarantineView::number));
    }

    /** In their order; {@code after} is the {@code next} of the page before. */
    @GetMapping("/{shard}/{number}/events")
    Mono<PageView<EventView>> events(
            @PathVariable String shard,
            @PathVariable long number,
            @RequestParam(defaultValue = "0") long after,
            @RequestParam(defaultValue = "50") int limit) {
        return sluice.inspect()
                .events(RunAddress.of(sluice, shard, number), after, limit)
                .map(EventView::of)
                .collectList()
                .map(events -> PageView.of(events, limit, EventView::number));
    }
}
