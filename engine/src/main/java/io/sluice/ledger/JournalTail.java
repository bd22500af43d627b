package io.sluice.ledger;

import io.sluice.event.SluiceEvent;
import io.sluice.sql.SqlFault;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The newest events of a shard, looked up once for all who follow them, and only while somebody does. Whoever is further behind reads
 * the journal by itself, until it has caught up.
 */
public final class JournalTail {

    /** How old the tail may be where nobody tells that there is something new, and few shards are followed. */
    public static final Duration LOOK = Duration.ofMillis(500);

    /** Events that are kept; who is behind by more reads the journal. */
    static final int KEPT = 1_000;

    private static final int AT_ONCE = 100;

    private static final Duration LONGEST_LOOK = Duration.ofMinutes(1);

    /** One who leaves and comes back at once, as each does between two pages, does not end the looking. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    /** Where events are read from. */
    interface Source {

        /** Emits the number of the newest one. */
        Mono<Long> last();

        /** Emits those with a greater number, in order, at most so many. */
        Flux<SluiceEvent> after(long number, int most);
    }

    /** All events after a number, up to the newest one that was seen. */
    private record Kept(long from, List<SluiceEvent> events) {

        long last() {
            return events.isEmpty() ? from : number(events.get(events.size() - 1));
        }

        Kept plus(List<SluiceEvent> more) {
            if (!more.isEmpty() && number(more.get(0)) < last()) {
                return new Kept(number(more.get(0)), List.of()); // the journal begins anew
            }
            List<SluiceEvent> all =
                    Stream.concat(events.stream(), more.stream()).toList();
            int tooMany = Math.max(0, all.size() - KEPT);
            return new Kept(tooMany == 0 ? from : number(all.get(tooMany - 1)), all.subList(tooMany, all.size()));
        }

        List<SluiceEvent> after(long number, int most) {
            return events.stream()
                    .dropWhile(it -> number(it) <= number)
                    .limit(most)
                    .map(it -> behind(it, number))
                    .toList();
        }

        /** What was lost begins behind what this reader has, not behind what was looked at last. */
        private static SluiceEvent behind(SluiceEvent event, long number) {
            return event instanceof SluiceEvent.Gap gap && gap.from() <= number
                    ? new SluiceEvent.Gap(gap.origin(), number + 1, gap.to())
                    : event;
        }
    }

    private final Source source;
    private final Duration look;
    private final Scheduler scheduler;
    private final AtomicReference<@Nullable Kept> kept = new AtomicReference<>();
    private final Flux<Long> numbers;

    /** The last look found as much as it might, so there may be more. */
    private volatile boolean behind;

    /**
     * Follows a journal.
     *
     * @param inTurn makes a look when few enough others are made
     * @param wakeUps emits when there may be something new
     * @param look how old the tail may be where nobody tells so
     */
    public JournalTail(
            EventJournal journal,
            UnaryOperator<Mono<Long>> inTurn,
            Publisher<?> wakeUps,
            Duration look,
            Scheduler scheduler) {
        this(
                new Source() {
                    @Override
                    public Mono<Long> last() {
                        return journal.lastNumber();
                    }

                    @Override
                    public Flux<SluiceEvent> after(long number, int most) {
                        return journal.after(number, most);
                    }
                },
                inTurn,
                wakeUps,
                look,
                scheduler);
    }

    JournalTail(
            Source source, UnaryOperator<Mono<Long>> inTurn, Publisher<?> wakeUps, Duration look, Scheduler scheduler) {
        this.source = source;
        this.look = look;
        this.scheduler = scheduler;
        this.numbers = Flux.defer(() -> inTurn.apply(look()))
                .onErrorResume(e -> SqlFault.of(e).isTransient(), e -> Mono.empty())
                .repeatWhen(looks -> looks.concatMap(done -> nextLook(wakeUps, scheduler), 1))
                .doFinally(end -> kept.set(null))
                .distinctUntilChanged()
                .replay(1)
                .refCount(1, GRACE, scheduler);
    }

    /** Emits events with a greater number, in order, at most so many; of the database only where the tail does not reach back so far. */
    public Flux<SluiceEvent> after(long number, int most) {
        return Flux.defer(() -> {
            Kept now = kept.get();
            return now != null && now.from <= number && number <= now.last()
                    ? Flux.fromIterable(now.after(number, most))
                    : source.after(number, most);
        });
    }

    /**
     * Completes when there is an event with a greater number; while the database is away, not before it is back. Where the tail stays
     * behind that number it completes too: then the journal begins anew, and reading it tells so.
     */
    public Mono<Void> beyond(long number) {
        return numbers.switchMap(last -> last < number ? behind(last) : Mono.just(last))
                .filter(last -> last != number)
                .next()
                .then();
    }

    /** For a moment a reader of the journal may be ahead of the tail: the next look is waited for. */
    private Mono<Long> behind(long last) {
        return Mono.delay(look.multipliedBy(2), scheduler).thenReturn(last);
    }

    private Mono<Boolean> nextLook(Publisher<?> wakeUps, Scheduler scheduler) {
        return behind
                ? Mono.just(true)
                : Mono.firstWithSignal(
                        Mono.delay(look, scheduler).thenReturn(true),
                        Mono.from(wakeUps).thenReturn(true));
    }

    /** Emits the newest number that is known now. */
    private Mono<Long> look() {
        Kept before = kept.get();
        Mono<Kept> now = before == null
                ? source.last().map(last -> new Kept(last, List.of()))
                : source.after(before.last(), AT_ONCE)
                        .collectList()
                        // a server that falls silent in mid-answer must not leave all followers without news
                        .timeout(LONGEST_LOOK, scheduler)
                        .doFirst(() -> behind = false)
                        .map(more -> {
                            behind = more.size() >= AT_ONCE;
                            return before.plus(more);
                        });
        return now.doOnNext(kept::set).map(Kept::last);
    }

    private static long number(SluiceEvent event) {
        return event.origin().number();
    }
}
