package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.run.Progress;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import io.sluice.run.RunStatus;
import io.sluice.run.SchemaProgress;
import org.springframework.http.codec.ServerSentEvent;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/** The progress of runs of each kind as server-sent events: {@code progress} of data, {@code schema-progress} of schema. */
final class LiveProgress {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final SharedLooks<Told> data;
    private final SharedLooks<Told> schema;

    LiveProgress(Sluice sluice) {
        this.data = new SharedLooks<>(
                run -> sluice.progress(run).distinctUntilChanged().map(Told::of),
                sluice.inspect().progress().map(Told::of),
                Told::run,
                Told::status);
        this.schema = new SharedLooks<>(
                run -> sluice.schema().progress(run).distinctUntilChanged().map(Told::of),
                sluice.schema().progress().map(Told::of),
                Told::run,
                Told::status);
    }

    /** A state, written once for all of its readers. */
    private record Told(RunId run, RunStatus status, Object view, ServerSentEvent<Object> sse) {

        static Told of(Progress it) {
            return of(it.run(), it.status(), ProgressView.of(it), "progress");
        }

        static Told of(SchemaProgress it) {
            return of(it.run(), it.status(), SchemaProgressView.of(it), "schema-progress");
        }

        private static Told of(RunId run, RunStatus status, Object view, String event) {
            return new Told(
                    run,
                    status,
                    view,
                    ServerSentEvent.<Object>builder(JSON.writeValueAsString(view))
                            .event(event)
                            .build());
        }
    }

    /** Emits the newest state at once and then as it changes; completes when the run is over. */
    Flux<ServerSentEvent<Object>> of(Run run) {
        return looks(run).of(run.id()).map(Told::sse);
    }

    /** Emits the state as it is now. */
    Mono<Object> now(Run run) {
        return looks(run).of(run.id()).next().map(Told::view);
    }

    private SharedLooks<Told> looks(Run run) {
        return run.kind() == RunKind.SCHEMA ? schema : data;
    }

    /** Emits the state of every run that may change by itself, as it changes; never completes. */
    Flux<ServerSentEvent<Object>> all() {
        return Flux.merge(1, data.all(), schema.all()).map(Told::sse);
    }
}
