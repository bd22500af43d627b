package io.sluice;

import io.sluice.data.RowsQuarantinedException;
import io.sluice.run.BatchSettings;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import io.sluice.run.SettingsFixedException;
import io.sluice.run.Verb;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Mono;

/** What people do to a run: its status is changed in the ledger, and whoever works on it hears of it there. */
final class Steering {

    private final Declared declared;

    Steering(Declared declared) {
        this.declared = declared;
    }

    Mono<Run> change(RunId run, Verb verb) {
        return steered(run, office -> office.ledger().runs().change(run.number(), verb));
    }

    /** A schema run may be one statement at work, which cannot pause. */
    Mono<Run> pause(RunId run) {
        return steered(
                run,
                office -> office.ledger()
                        .runs()
                        .find(run.number())
                        .flatMap(found -> found.kind() == RunKind.SCHEMA
                                ? office.schema().pause().pause(found)
                                : office.ledger().runs().change(run.number(), Verb.PAUSE)));
    }

    Mono<Run> dismiss(RunId run) {
        return declared.at(run)
                .flatMap(office -> office.ledger()
                        .runs()
                        .find(run.number())
                        // closed first: whoever dies in between finds a run that can still be dismissed
                        .filter(found -> Verb.DISMISS.allowedIn().contains(found.status()))
                        .delayUntil(found -> found.kind() == RunKind.SCHEMA
                                ? office.schema().queue().dismissible(run)
                                : Mono.empty())
                        .flatMap(found -> office.ledger().quarantine().dismiss(run.number(), null))
                        .then(Mono.defer(() -> change(run, Verb.DISMISS))));
    }

    /** @param keys rows in quarantine */
    Mono<Run> dismiss(RunId run, List<List<String>> keys) {
        return declared.at(run)
                .flatMap(office -> office.ledger()
                        .quarantine()
                        .dismiss(run.number(), keys)
                        .then(Mono.defer(() -> office.ledger().runs().find(run.number())))
                        // the status first: a run that is over puts no more there
                        .flatMap(found -> RowsQuarantinedException.isWhyFailed(found)
                                ? office.ledger()
                                        .quarantine()
                                        .open(run.number())
                                        .flatMap(open -> open == 0 ? change(run, Verb.DISMISS) : Mono.just(found))
                                : Mono.just(found)));
    }

    Mono<BatchSettings> changeSettings(RunId run, UnaryOperator<BatchSettings> change) {
        return declared.at(run)
                .flatMap(office -> office.ledger()
                        .runs()
                        .find(run.number())
                        .flatMap(found -> found.kind() == RunKind.DATA
                                ? office.ledger()
                                        .dataRuns()
                                        .changeSettings(run.number(), declared.settings(found.name()), change)
                                : Mono.error(SettingsFixedException.ofKind(run, found.status(), found.kind())))
                        .switchIfEmpty(Mono.defer(() -> office.ledger()
                                .runs()
                                .find(run.number())
                                .flatMap(over -> Mono.error(SettingsFixedException.over(run, over.status()))))));
    }

    private Mono<Run> steered(RunId run, Function<ShardOffice, Mono<Run>> change) {
        return declared.at(run)
                .flatMap(office -> office.worker()
                        .settleLapsed(run.number())
                        .then(Mono.defer(() -> change.apply(office)))
                        .doOnNext(it -> office.worker().wake())
                        .delayUntil(office::left));
    }
}
