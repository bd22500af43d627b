package io.sluice.webflux.api;

import io.sluice.event.SluiceEvent;
import io.sluice.run.Arguments;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import io.sluice.run.RunNotFoundException;
import io.sluice.run.RunStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** What a reader of a group is told of runs that end, go on and come to it. */
class FollowedRunsTest {

    private static final Duration SOON = Duration.ofSeconds(10);
    private static final RunId ONE = new RunId("a", 1);
    private static final RunId TWO = new RunId("b", 1);

    /** What is told of the run at the moment. */
    private final Map<RunId, Sinks.Many<String>> progress = new HashMap<>();

    /** As the runs stand. */
    private final Map<RunId, RunStatus> standing = new HashMap<>();

    private final FollowedRuns<String> followed = new FollowedRuns<>(
            run -> {
                Sinks.Many<String> told = Sinks.many().unicast().onBackpressureBuffer();
                progress.put(run.id(), told);
                return told.asFlux().map(it -> run.id() + " " + it);
            },
            id -> standing.containsKey(id) ? Mono.just(run(id)) : Mono.error(new RunNotFoundException(id.toString())));

    private Run run(RunId id) {
        return new Run(
                id,
                RunKind.DATA,
                "fill",
                Arguments.none(),
                0,
                standing.get(id),
                new Run.Attempts(0, 5, null),
                null,
                null,
                null,
                new Run.Times(Instant.EPOCH, null, null));
    }

    private List<Run> running(RunId... runs) {
        List.of(runs).forEach(it -> standing.put(it, RunStatus.RUNNING));
        return List.of(runs).stream().map(this::run).toList();
    }

    private void told(RunId run, String state) {
        progress.get(run).tryEmitNext(state);
    }

    private void ends(RunId run, RunStatus status) {
        standing.put(run, status);
        progress.get(run).tryEmitComplete();
    }

    private void happened(RunId run, RunStatus from, RunStatus to) {
        happened(new SluiceEvent.StatusChanged(origin(run), from, to, null, null));
    }

    private void happened(SluiceEvent event) {
        followed.happened(event).block(SOON);
    }

    private static SluiceEvent.Origin origin(RunId run) {
        return new SluiceEvent.Origin(run, 1, Instant.EPOCH, "fill");
    }

    @Test
    void itIsOverWithTheLastOfThem() {
        StepVerifier.create(followed.progress(running(ONE, TWO)))
                .then(() -> told(ONE, "10 %"))
                .expectNext("a:1 10 %")
                .then(() -> ends(ONE, RunStatus.SUCCEEDED))
                .then(() -> told(TWO, "20 %"))
                .expectNext("b:1 20 %")
                .then(() -> ends(TWO, RunStatus.FAILED))
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void whereThereIsNoneItIsOverAtOnce() {
        StepVerifier.create(followed.progress(List.of())).expectComplete().verify(SOON);
    }

    @Test
    void oneThatIsRetriedIsToldAnew() {
        StepVerifier.create(followed.progress(running(ONE, TWO)))
                .then(() -> ends(ONE, RunStatus.FAILED))
                .then(() -> {
                    standing.put(ONE, RunStatus.ENQUEUED);
                    happened(ONE, RunStatus.FAILED, RunStatus.ENQUEUED);
                    ends(TWO, RunStatus.SUCCEEDED);
                })
                .then(() -> told(ONE, "again"))
                .expectNext("a:1 again")
                .then(() -> ends(ONE, RunStatus.SUCCEEDED))
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void oneThatIsRetriedBeforeItsEndWasToldIsToldAnew() {
        StepVerifier.create(followed.progress(running(ONE)))
                .then(() -> {
                    happened(ONE, RunStatus.FAILED, RunStatus.ENQUEUED);
                    ends(ONE, RunStatus.ENQUEUED);
                    told(ONE, "again");
                })
                .expectNext("a:1 again")
                .then(() -> ends(ONE, RunStatus.SUCCEEDED))
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void whatTheJournalTellsOfLongAgoFollowsNothing() {
        StepVerifier.create(followed.progress(running(ONE, TWO)))
                .then(() -> ends(ONE, RunStatus.SUCCEEDED))
                .then(() -> {
                    happened(ONE, RunStatus.FAILED, RunStatus.ENQUEUED);
                    happened(TWO, RunStatus.FAILED, RunStatus.FINISHING);
                    happened(new SluiceEvent.RunEnqueued(origin(new RunId("a", 99)), RunStatus.ENQUEUED));
                })
                .then(() -> ends(TWO, RunStatus.SUCCEEDED))
                .expectComplete()
                .verify(SOON);
    }

    /** It was looked at, and retried, before the reader knew where it begins in the journal. */
    @Test
    void oneThatWentOnUnheardIsFollowedFromItsNextEventOn() {
        StepVerifier.create(followed.progress(running(ONE, TWO)))
                .then(() -> ends(ONE, RunStatus.FAILED))
                .then(() -> {
                    standing.put(ONE, RunStatus.RUNNING);
                    happened(ONE, RunStatus.ENQUEUED, RunStatus.RUNNING);
                    told(ONE, "at work");
                })
                .expectNext("a:1 at work")
                .thenCancel()
                .verify(SOON);
    }

    @Test
    void oneThatFailsAndGoesOnTwiceBeforeItsEndWasToldIsToldAnew() {
        StepVerifier.create(followed.progress(running(ONE)))
                .then(() -> {
                    happened(ONE, RunStatus.FAILED, RunStatus.ENQUEUED);
                    ends(ONE, RunStatus.ENQUEUED);
                    happened(ONE, RunStatus.FAILED, RunStatus.ENQUEUED);
                    ends(ONE, RunStatus.ENQUEUED);
                    told(ONE, "third");
                })
                .expectNext("a:1 third")
                .then(() -> ends(ONE, RunStatus.SUCCEEDED))
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void oneThatIsEnqueuedMeanwhileIsFollowedToo() {
        StepVerifier.create(followed.progress(running(ONE)))
                .then(() -> {
                    standing.put(TWO, RunStatus.ENQUEUED);
                    happened(new SluiceEvent.RunEnqueued(origin(TWO), RunStatus.ENQUEUED));
                    happened(new SluiceEvent.RunEnqueued(origin(ONE), RunStatus.ENQUEUED));
                    ends(ONE, RunStatus.SUCCEEDED);
                    told(TWO, "0 %");
                })
                .expectNext("b:1 0 %")
                .then(() -> ends(TWO, RunStatus.CANCELLED))
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void anErrorOfOneIsTheErrorOfAll() {
        StepVerifier.create(followed.progress(running(ONE, TWO)))
                .then(() -> progress.get(TWO).tryEmitError(new IllegalStateException("gone")))
                .expectErrorMessage("gone")
                .verify(SOON);
    }

    @Test
    void eachIsToldAsFarAsItIsAskedFor() {
        StepVerifier.create(followed.progress(running(ONE, TWO)), 0)
                .then(() -> {
                    told(ONE, "10 %");
                    told(TWO, "20 %");
                })
                .thenRequest(1)
                .expectNext("a:1 10 %")
                .thenRequest(1)
                .expectNext("b:1 20 %")
                .thenCancel()
                .verify(SOON);
    }
}
