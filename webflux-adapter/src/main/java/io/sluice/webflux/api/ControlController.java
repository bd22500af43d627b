package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.run.Verb;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** What changes something. Each of these asks {@link Permission} first. */
@RestController
@RequestMapping(path = "${sluice.web.base-path:/sluice}/api/runs", produces = MediaType.APPLICATION_JSON_VALUE)
class ControlController {

    private final Sluice sluice;
    private final Permission permission;
    private final Orderable orderable;
    private final Finishing finishing;

    ControlController(Sluice sluice, Permission permission, Orderable orderable, Finishing finishing) {
        this.sluice = sluice;
        this.permission = permission;
        this.orderable = orderable;
        this.finishing = finishing;
    }

    /** 201 when a run was made on any shard, 200 when all were there already. */
    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    Mono<ResponseEntity<List<EnqueuedView>>> enqueue(@RequestBody Order order, ServerWebExchange exchange) {
        return permission
                .permit(exchange)
                .then(Mono.defer(() ->
                        order.enqueue(sluice, orderable).map(EnqueuedView::of).collectList()))
                .map(enqueued -> ResponseEntity.status(
                                enqueued.stream().anyMatch(EnqueuedView::created) ? HttpStatus.CREATED : HttpStatus.OK)
                        .body(enqueued));
    }

    /** The run as it stands then. finish: 200 when it has ended within a moment, else 202, and it goes on whoever listens. */
    @PostMapping("/{shard}/{number}/{verb}")
    Mono<ResponseEntity<RunView>> change(
            @PathVariable String shard,
            @PathVariable long number,
            @PathVariable String verb,
            ServerWebExchange exchange) {
        return permission.permit(exchange).then(Mono.defer(() -> {
            Verb asked = Words.of(Verb.class, "verb", verb);
            return change(RunAddress.of(sluice, shard, number), asked).map(run -> answer(asked, run));
        }));
    }

    private static ResponseEntity<RunView> answer(Verb asked, Run run) {
        boolean goesOn = asked == Verb.FINISH && run.status() != RunStatus.SUCCEEDED;
        return ResponseEntity.status(goesOn ? HttpStatus.ACCEPTED : HttpStatus.OK)
                .body(RunView.of(run));
    }

    /** Holds from the next sub-batch on. */
    @PatchMapping(path = "/{shard}/{number}/settings", consumes = MediaType.APPLICATION_JSON_VALUE)
    Mono<SettingsView> settings(
            @PathVariable String shard,
            @PathVariable long number,
            @RequestBody SettingsView change,
            ServerWebExchange exchange) {
        return permission
                .permit(exchange)
                .then(Mono.defer(() -> sluice.changeSettings(RunAddress.of(sluice, shard, number), change::over)))
                .map(SettingsView::of);
    }

    private Mono<Run> change(RunId run, Verb verb) {
        return switch (verb) {
            case APPROVE -> sluice.approve(run);
            case PAUSE -> sluice.pause(run);
            case RESUME -> sluice.resume(run);
            case CANCEL -> sluice.cancel(run);
            case RETRY -> sluice.retry(run);
            case FINISH -> finishing.begin(run);
            case DISMISS -> sluice.dismiss(run);
        };
    }
}
