package io.sluice;

import io.sluice.run.Arguments;
import io.sluice.run.Run;
import io.sluice.run.RunKind;
import io.sluice.run.RunNotFoundException;
import io.sluice.run.RunNotSucceededException;
import io.sluice.run.RunStatus;
import io.sluice.worker.WorkerSettings;
import reactor.core.publisher.Mono;

/** Drives runs to their end in the caller: a claim of its own, past slots and throttle, without pauses. */
final class Foreground {

    private final String owner;
    private final WorkerSettings settings;

    Foreground(String owner, WorkerSettings settings) {
        this.owner = owner;
        this.settings = settings;
    }

    /**
     * Finishes the newest run of (name, arguments) on a shard.
     *
     * @return the run, SUCCEEDED; errors with {@link RunNotSucceededException} when it ends otherwise
     */
    Mono<Run> finish(ShardOffice office, RunKind kind, String name, Arguments arguments) {
        return office.ready()
                .then(Mono.defer(() -> office.ledger().runs().findNewest(kind, name, arguments)))
                .switchIfEmpty(Mono.error(() ->
                        new RunNotFoundException("of '" + name + "' with " + arguments + " on shard " + office.name())))
                .flatMap(run -> finish(office, run));
    }

    /** Finishes one run; one that SUCCEEDED is emitted as it is. */
    Mono<Run> finish(ShardOffice office, Run run) {
        if (run.status() == RunStatus.SUCCEEDED) {
            return Mono.just(run);
        }
        // whoever held it may be gone for good, and there may be no other worker to settle that
        return office.worker()
                .settleLapsed(run.id().number())
                .then(Mono.defer(() -> claimed(office, run)))
                .flatMap(office::drive)
                .flatMap(ended -> ended.status() == RunStatus.SUCCEEDED
                        ? Mono.just(ended)
                        : Mono.error(RunNotSucceededException.of(ended)));
    }

    private Mono<Run> claimed(ShardOffice office, Run run) {
        return office.ledger().runs().claimFinishing(run.id().number(), owner, settings.lease());
    }
}
