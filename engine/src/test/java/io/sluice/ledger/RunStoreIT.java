package io.sluice.ledger;

import static io.sluice.ledger.LedgerOnTrial.SOON;
import static io.sluice.ledger.LedgerOnTrial.TERM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.ledger.RunStore.Release;
import io.sluice.run.Ending;
import io.sluice.run.Failure;
import io.sluice.run.IllegalTransitionException;
import io.sluice.run.Run;
import io.sluice.run.RunNotFoundException;
import io.sluice.run.RunStatus;
import io.sluice.run.Verb;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

/** Every verb and every ending in every status, on the row itself: it moves as they say, or it stays as it is. */
class RunStoreIT {

    private static LedgerOnTrial trial;

    @BeforeAll
    static void install() {
        trial = LedgerOnTrial.installed();
    }

    @AfterAll
    static void close() {
        trial.close();
    }

    static Stream<Arguments> cells() {
        return Stream.of(Verb.values())
                .flatMap(verb -> Stream.of(RunStatus.values()).map(status -> Arguments.of(verb, status)));
    }

    @ParameterizedTest
    @MethodSource("cells")
    void aVerbMovesTheRunAlongItsEdgeOrSaysWhatIsAllowed(Verb verb, RunStatus status) {
        long run = trial.leased(verb + " in " + status, status).run().number();
        String before = trial.row(run);
        Optional<RunStatus> target = verb.from(status);

        Mono<Run> asked = verb == Verb.FINISH
                ? trial.runs().claimFinishing(run, "them", TERM)
                : trial.runs().change(run, verb);

        if (target.isPresent()) {
            assertThat(asked.block(SOON).status()).isEqualTo(target.get());
            assertThat(trial.text("select status from sluice.run where id = " + run))
                    .isEqualTo(target.get().name());
            assertThat(trial.events(run))
                    .last()
                    .asString()
                    .contains("\"from\": \"" + status + "\"", "\"to\": \"" + target.get());
        } else {
            assertThatThrownBy(() -> asked.block(SOON))
                    .isInstanceOfSatisfying(IllegalTransitionException.class, refused -> {
                        assertThat(refused.status()).isEqualTo(status);
                        assertThat(refused.allowed()).isEqualTo(Verb.allowedIn(status));
                        Verb.allowedIn(status)
                                .forEach(allowed -> assertThat(refused).hasMessageContaining(allowed.name()));
                    });
            assertThat(trial.row(run)).isEqualTo(before);
            assertThat(trial.events(run)).hasSize(1);
        }
    }

    static Stream<Arguments> endings() {
        return Stream.of(Ending.values())
                .flatMap(ending -> Stream.of(RunStatus.values()).map(status -> Arguments.of(ending, status)));
    }

    @ParameterizedTest
    @MethodSource("endings")
    void anEndingLetsGoAlongItsEdgeOrIsRefused(Ending ending, RunStatus status) {
        Lease lease = trial.leased(ending + " in " + status, status);
        long run = lease.run().number();
        String before = trial.row(run);
        Optional<RunStatus> target = ending.from(status);

        Run left = trial.runs().release(lease, Release.of(ending)).block(SOON);

        if (target.isPresent()) {
            assertThat(left.status()).isEqualTo(target.get());
            assertThat(left.lease()).isNull();
            assertThat(left.times().finished() != null)
                    .isEqualTo(target.get().isTerminal() || target.get() == RunStatus.FAILED);
            assertThat(trial.events(run)).last().asString().contains("\"to\": \"" + target.get());
        } else {
            assertThat(left).isNull();
            assertThat(trial.row(run)).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void withoutTheTokenNobodyCanLetGo(Ending ending) {
        Lease lease = trial.leased("stale " + ending, RunStatus.RUNNING);
        String before = trial.row(lease.run().number());

        Run left = trial.runs()
                .release(new Lease(lease.run(), lease.token() - 1, "me"), Release.of(ending))
                .block(SOON);

        assertThat(left).isNull();
        assertThat(trial.row(lease.run().number())).isEqualTo(before);
    }

    @Test
    void anErrorIsKeptWithTheTimeOfTheNextAttempt() {
        Lease lease = trial.leased("errored", RunStatus.RUNNING);
        Failure failure = new Failure("E", "no '…'", "23505", "only_one", "t", "c", "  at …");

        Run left = trial.runs()
                .release(lease, new Release(Ending.ERROR, 1, Duration.ofMinutes(5), null, failure))
                .block(SOON);

        assertThat(left.failure()).isEqualTo(failure);
        assertThat(left.attempts().spent()).isEqualTo(3);
        assertThat(trial.number("select extract(epoch from next_attempt_at - clock_timestamp())::int from sluice.run"
                        + " where id = " + lease.run().number()))
                .isBetween(290L, 300L);
        assertThat(trial.events(lease.run().number())).last().asString().contains("23505", "only_one", "\"E\"");
    }

    @Test
    void aThrottleLeavesItsReasonAndSpendsNoAttempt() {
        Lease lease = trial.leased("throttled", RunStatus.RUNNING);

        Run left = trial.runs()
                .release(lease, new Release(Ending.HAND_BACK, 0, Duration.ofMinutes(1), "replica lags", null))
                .block(SOON);

        assertThat(left.status()).isEqualTo(RunStatus.ENQUEUED);
        assertThat(left.throttleReason()).isEqualTo("replica lags");
        assertThat(left.attempts().spent()).isEqualTo(2);
        assertThat(left.attempts().nextAt()).isNotNull();
    }

    @Test
    void retryForgetsSpentAttemptsOfTheRunAndOfItsBatches() {
        long run = trial.leased("retried", RunStatus.FAILED).run().number();
        trial.sql("insert into sluice.batch (run_id, lane, pass, status, attempts) values (" + run
                + ", 0, 0, 'SUCCEEDED', 2), (" + run + ", 0, 0, 'FAILED', 5)");

        Run retried = trial.runs().change(run, Verb.RETRY).block(SOON);

        assertThat(retried.attempts().spent()).isZero();
        assertThat(trial.text("select string_agg(status || attempts, ' ' order by id) from sluice.batch where run_id = "
                        + run))
                .isEqualTo("SUCCEEDED2 RUNNING0");
    }

    @Test
    void finishTakesTheRunFromWhoeverHasIt() {
        Lease old = trial.leased("taken", RunStatus.RUNNING);

        Run taken =
                trial.runs().claimFinishing(old.run().number(), "them", TERM).block(SOON);

        assertThat(taken.lease().owner()).isEqualTo("them");
        assertThat(taken.lease().token()).isEqualTo(old.token() + 1);
        assertThat(taken.attempts().spent()).isZero();
        assertThat(trial.runs().watch(old).block(SOON)).isNull();
        assertThat(trial.runs().renew(old, TERM).block(SOON)).isNull();
    }

    @Test
    void whatIsNotThereIsNotFound() {
        assertThatThrownBy(() -> trial.runs().find(4711).block(SOON))
                .isInstanceOf(RunNotFoundException.class)
                .hasMessageContaining("primary:4711");
        assertThatThrownBy(() -> trial.runs().change(4711, Verb.PAUSE).block(SOON))
                .isInstanceOf(RunNotFoundException.class);
        assertThatThrownBy(() -> trial.runs().claimFinishing(4711, "me", TERM).block(SOON))
                .isInstanceOf(RunNotFoundException.class);
    }
}
