package io.sluice.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.event.SluiceEvent;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.sql.DatabaseUnreachableException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

class JournalTailTest {

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final List<SluiceEvent> journal = new ArrayList<>();
    private final AtomicLong looks = new AtomicLong();
    private final Sinks.Many<Boolean> wakeUps = Sinks.many().multicast().directBestEffort();
    private boolean away;

    private final JournalTail tail = new JournalTail(
            new JournalTail.Source() {
                @Override
                public Mono<Long> last() {
                    return Mono.fromSupplier(() -> {
                        look();
                        return (long) journal.size();
                    });
                }

                @Override
                public Flux<SluiceEvent> after(long number, int most) {
                    return Flux.defer(() -> {
                        look();
                        return number > journal.size()
                                ? Flux.just(anew(journal.size(), number))
                                : Flux.fromStream(journal.stream().skip(number).limit(most));
                    });
                }
            },
            look -> look,
            wakeUps.asFlux(),
            JournalTail.LOOK,
            time);

    @AfterEach
    void dispose() {
        time.dispose();
    }

    private void look() {
        looks.incrementAndGet();
        if (away) {
            throw new DatabaseUnreachableException("primary", new java.io.IOException("away"));
        }
    }

    private void happen(int events) {
        for (int i = 0; i < events; i++) {
            journal.add(new SluiceEvent.RunEnqueued(
                    new SluiceEvent.Origin(new RunId("primary", 1), journal.size() + 1, Instant.EPOCH, "m"),
                    RunStatus.ENQUEUED));
        }
    }

    /** What a journal tells that has fewer events than its reader has seen. */
    private static SluiceEvent anew(long last, long seen) {
        return new SluiceEvent.Gap(
                new SluiceEvent.Origin(new RunId("primary", 0), last, Instant.EPOCH, ""), last + 1, seen);
    }

    /** A reader as an event stream is: a page, and when there is no more, a wait. */
    private List<Long> reader(long from) {
        List<Long> seen = new ArrayList<>();
        AtomicLong last = new AtomicLong(from);
        Flux.defer(() -> tail.after(last.get(), 100))
                .doOnNext(event -> last.set(event.origin().number()))
                .repeatWhen(rounds -> rounds.concatMap(
                        emitted -> emitted >= 100
                                ? Mono.just(true)
                                : tail.beyond(last.get()).thenReturn(true),
                        1))
                .subscribe(event -> seen.add(event.origin().number()));
        return seen;
    }

    @Test
    void nobodyLooksWhileNobodyFollows() {
        happen(3);

        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(looks).hasValue(0);
    }

    @Test
    void aThousandReadersCostAsManyLooksAsOne() {
        List<List<Long>> readers = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            readers.add(reader(0));
        }
        looks.set(0);

        for (int i = 0; i < 20; i++) {
            happen(5);
            time.advanceTimeBy(JournalTail.LOOK);
        }

        assertThat(looks).hasValueBetween(19, 21);
        assertThat(readers).allSatisfy(seen -> assertThat(seen).hasSize(100).isSorted());
    }

    @Test
    void aWakeUpIsFasterThanTheLook() {
        List<Long> seen = reader(0);
        happen(1);

        wakeUps.tryEmitNext(true);

        assertThat(seen).containsExactly(1L);
    }

    @Test
    void whoIsFurtherBehindReadsTheJournalAndCatchesUpWithoutGapOrDouble() {
        reader(0);
        happen(3 * JournalTail.KEPT);
        time.advanceTimeBy(JournalTail.LOOK);

        List<Long> late = reader(7);
        happen(3);
        time.advanceTimeBy(JournalTail.LOOK);

        assertThat(late).hasSize(3 * JournalTail.KEPT + 3 - 7).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void whileTheDatabaseIsAwayTheReadersWait() {
        List<Long> seen = reader(0);
        away = true;
        happen(2);
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(seen).isEmpty();

        away = false;
        time.advanceTimeBy(JournalTail.LOOK);

        assertThat(seen).containsExactly(1L, 2L);
    }

    @Test
    void whileTheDatabaseIsAwayBehindAFullPageItLooksNoOftenerThanElse() {
        reader(0);
        happen(150);
        time.advanceTimeBy(JournalTail.LOOK);
        happen(100);
        wakeUps.tryEmitNext(true);
        away = true;
        looks.set(0);

        time.advanceTimeBy(JournalTail.LOOK.multipliedBy(20));

        assertThat(looks).hasValueBetween(19, 21);
    }

    @Test
    void aGapBeginsBehindWhatTheReaderHas() {
        happen(1);
        reader(1);
        journal.add(new SluiceEvent.Gap(new SluiceEvent.Origin(new RunId("primary", 0), 5, Instant.EPOCH, ""), 2, 5));
        time.advanceTimeBy(JournalTail.LOOK);

        assertThat(tail.after(3, 100).collectList().block())
                .singleElement()
                .satisfies(it -> assertThat(((SluiceEvent.Gap) it).from()).isEqualTo(4));
    }

    @Test
    void whereTheJournalBeginsAnewReadersGoOnWithItAndLookNoOftener() {
        happen(5);
        List<Long> there = reader(0);
        journal.subList(2, 5).clear();
        time.advanceTimeBy(Duration.ofSeconds(2));
        List<Long> late = reader(5);
        looks.set(0);
        happen(1);
        time.advanceTimeBy(JournalTail.LOOK.multipliedBy(4));

        assertThat(there).containsExactly(1L, 2L, 3L, 4L, 5L, 2L, 3L);
        assertThat(late).containsExactly(2L, 3L);
        assertThat(looks).hasValueBetween(3, 6);
    }

    @Test
    void itEndsSoonAfterTheLastReaderAndBeginsAnewWithTheNext() {
        tail.beyond(0).subscribe().dispose();
        time.advanceTimeBy(Duration.ofSeconds(5));
        looks.set(0);
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(looks).hasValue(0);

        happen(4);

        assertThat(reader(0)).containsExactly(1L, 2L, 3L, 4L);
    }
}
