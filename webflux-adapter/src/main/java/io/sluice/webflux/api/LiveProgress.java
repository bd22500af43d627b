package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.run.Progress;
import io.sluice.run.Run;
import io.sluice.run.RunKind;
import io.sluice.run.SchemaProgress;
import org.springframework.http.codec.ServerSentEvent;
import reactor.core.publisher.Flux;

/** The progress of runs of each kind as server-sent events: {@code progress} of data, {@code schema-progress} of schema. */
final class LiveProgress {

    private final SharedLooks<Progress> data;
    private final SharedLooks<SchemaProgress> schema;

    LiveProgress(Sluice sluice) {
        this.data = new SharedLooks<>(sluice::progress, sluice.inspect().progress(), Progress::run, Progress::status);
        this.schema = new SharedLooks<>(
                sluice.schema()::progress, sluice.schema().progress(), SchemaProgress::run, SchemaProgress::status);
    }

    /** Emits the newest state at once and then as it changes; completes when the run is over. */
    Flux<ServerSentEvent<Object>> of(Run run) {
        return run.kind() == RunKind.SCHEMA
                ? schema.of(run.id()).map(LiveProgress::sse)
                : data.of(run.id()).map(LiveProgress::sse);
    }

    /** Emits the state of every run that may change by itself, as it changes; never completes. */
    Flux<ServerSentEvent<Object>> all() {
        return Flux.merge(1, data.all().map(LiveProgress::sse), schema.all().map(LiveProgress::sse));
    }

    private static ServerSentEvent<Object> sse(Progress it) {
        return ServerSentEvent.<Object>builder(ProgressView.of(it))
                .event("progress")
                .build();
    }

    private static ServerSentEvent<Object> sse(SchemaProgress it) {
        return ServerSentEvent.<Object>builder(SchemaProgressView.of(it))
                .event("schema-progress")
                .build();
    }
}
