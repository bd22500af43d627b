package io.sluice.ledger;

import static io.sluice.ledger.LedgerOnTrial.SOON;
import static io.sluice.ledger.LedgerOnTrial.TERM;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.ledger.RunStore.Release;
import io.sluice.run.Ending;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import io.sluice.run.RunStatus;
import io.sluice.sql.Statements;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** However many claim at once, no more runs than there are slots are claimed, and none twice. */
class RunStoreClaimIT {

    private static final int CLAIMERS = 20;
    private static final int ROUNDS = 300;
    private static final int CLAIMS = 100;
    private static final int SLOTS = 3;

    private final LedgerOnTrial trial = LedgerOnTrial.installed();

    @AfterEach
    void close() {
        trial.close();
    }

    @Test
    void neverMoreThanTheSlotsAreHeldAndNoRunByTwo() {
        List<String> names = IntStream.range(0, 10).mapToObj(i -> "run " + i).toList();
        names.forEach(trial::enqueue);
        // several instances: each has a small pool of its own, and the claimers must really stand side by side
        List<Ledger> instances =
                IntStream.range(0, 5).mapToObj(i -> trial.anotherInstance()).toList();
        AtomicInteger rounds = new AtomicInteger();
        AtomicInteger claims = new AtomicInteger();
        Set<RunId> held = ConcurrentHashMap.newKeySet();

        List<Round> all = Flux.range(0, CLAIMERS)
                .flatMap(
                        i -> round(instances.get(i % 5), "claimer " + i, names, held)
                                .doOnNext(it -> claims.addAndGet(it.claimed()))
                                .repeat(() -> rounds.incrementAndGet() < ROUNDS || claims.get() < CLAIMS),
                        CLAIMERS)
                .collectList()
                .block(SOON.multipliedBy(2));

        assertThat(all).hasSizeGreaterThanOrEqualTo(ROUNDS).noneMatch(Round::twice);
        assertThat(all.stream().mapToLong(Round::heldByAll).max()).hasValue(SLOTS);
        assertThat(trial.number("select count(*) from sluice.run where status = 'ENQUEUED' and lease_owner is null"))
                .isEqualTo(names.size());
        instances.forEach(it -> it.close().block(SOON));
    }

    /**
     * What one claimer saw.
     *
     * @param heldByAll runs that were leased by anybody while it held its own
     * @param twice whether somebody else held one of its own
     */
    private record Round(int claimed, long heldByAll, boolean twice) {}

    private static Mono<Round> round(Ledger instance, String owner, List<String> names, Set<RunId> held) {
        return instance.runs()
                .claim(RunKind.DATA, owner, names, SLOTS, TERM)
                .collectList()
                .flatMap(mine -> {
                    boolean twice = !mine.stream().map(it -> held.add(it.id())).allMatch(added -> added);
                    return leased(instance)
                            .flatMap(byAll -> Flux.fromIterable(mine)
                                    .doOnNext(run -> held.remove(run.id()))
                                    .concatMap(run -> instance.runs()
                                            .release(
                                                    new Lease(
                                                            run.id(),
                                                            run.lease().token(),
                                                            owner),
                                                    Release.of(Ending.HAND_BACK)))
                                    .then(Mono.just(new Round(mine.size(), byAll, twice))));
                });
    }

    private static Mono<Long> leased(Ledger instance) {
        return instance.connections()
                .lendOne(connection -> Statements.queryOne(
                        connection,
                        "select count(*) as n from sluice.run where lease_owner is not null",
                        row -> row.get("n", Long.class)));
    }

    @Test
    void whatIsClaimedAnywhereCountsWhateverItsName() {
        trial.leased("elsewhere", RunStatus.RUNNING);
        trial.leased("pausing elsewhere", RunStatus.PAUSING);
        trial.enqueue("mine 1");
        trial.enqueue("mine 2");

        List<Run> claimed = claimed(3, "mine 1", "mine 2");

        assertThat(claimed).extracting(Run::name).containsExactly("mine 1");
        assertThat(claimed(3, "mine 1", "mine 2")).isEmpty();
    }

    @Test
    void aRunThatAForegroundCallerDrivesTakesNoSlot() {
        trial.leased("finishing", RunStatus.FINISHING);
        trial.enqueue("mine");

        assertThat(claimed(1, "mine")).hasSize(1);
    }

    @Test
    void anUnknownNameIsSkippedAndTakesNoSlot() {
        trial.enqueue("unknown");
        trial.enqueue("known");

        assertThat(claimed(1, "known")).extracting(Run::name).containsExactly("known");
        assertThat(trial.text("select status from sluice.run where name = 'unknown'"))
                .isEqualTo("ENQUEUED");
        assertThat(trial.runs()
                        .unknownNames(RunKind.DATA, List.of("known"))
                        .collectList()
                        .block(SOON))
                .containsExactly("unknown");
    }

    @Test
    void whatIsNotDueWaitsAndWhatIsDueGoesInItsOrder() {
        long later = trial.enqueue("later").run();
        long errored = trial.enqueue("errored").run();
        long due = trial.enqueue("due").run();
        trial.sql("update sluice.run set next_attempt_at = clock_timestamp() + interval '1 hour' where id = " + later);
        trial.sql("update sluice.run set status = 'ERRORED', attempts = 1,"
                + " next_attempt_at = clock_timestamp() - interval '1 second' where id = " + errored);

        List<Run> claimed = claimed(3, "later", "errored", "due");

        assertThat(claimed).extracting(it -> it.id().number()).containsExactlyInAnyOrder(errored, due);
        assertThat(claimed).allSatisfy(it -> {
            assertThat(it.status()).isEqualTo(RunStatus.RUNNING);
            assertThat(it.attempts().nextAt()).isNull();
            assertThat(it.times().started()).isNotNull();
        });
        trial.sql("update sluice.run set next_attempt_at = clock_timestamp() where id = " + later);
        assertThat(claimed(3, "later")).hasSize(1);
    }

    @Test
    void theFirstInTheQueueIsClaimedFirst() {
        List<Long> runs = IntStream.range(0, 4)
                .mapToObj(i -> trial.enqueue("run " + i).run())
                .toList();

        List<Run> claimed = claimed(2, "run 0", "run 1", "run 2", "run 3");

        assertThat(claimed).extracting(it -> it.id().number()).containsExactlyInAnyOrder(runs.get(0), runs.get(1));
        assertThat(trial.events(runs.get(0)))
                .last()
                .asString()
                .contains("\"from\": \"ENQUEUED\"", "\"to\": \"RUNNING\"", "\"owner\": \"me\"");
    }

    /** As many as there are to be had, one after the other. */
    private List<Run> claimed(int slots, String... names) {
        return Flux.defer(() -> trial.runs().claim(RunKind.DATA, "me", List.of(names), slots, TERM))
                .repeat(slots)
                .collectList()
                .block(SOON);
    }
}
