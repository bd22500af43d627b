package io.sluice.shard;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The turns that all shards of one Sluice take, so that together they keep within a {@link Budget} and none starves: whoever waits
 * is served shard by shard, and a run that has had its time makes room for one that waits.
 */
public final class Turns {

    /** Shards that are kept house for at one time: it may take its while, and no look should wait for it. */
    private static final int HOUSEKEEPING = 2;

    /** A shard that is down must not keep others from being looked at. */
    private static final Duration LONG_LOOK = Duration.ofSeconds(2);

    private final Budget budget;
    private final Scheduler scheduler;
    private final Places work;
    private final Places looks;
    private final Places house = new Places(HOUSEKEEPING);
    private final Rate rate;

    public Turns(Budget budget, Scheduler scheduler) {
        this.budget = budget;
        this.scheduler = scheduler;
        this.work = new Places(budget.connections());
        this.looks = new Places(budget.looks());
        this.rate = new Rate(Math.max(1, budget.subBatchesPerSecond()), scheduler);
    }

    /** True when a run that wants a connection now has to wait for it. */
    public boolean areTaken() {
        return work.areTaken();
    }

    /** What a run waits for then, for people. */
    public String whyWaiting() {
        return "waits for its turn: all " + budget.connections() + " connections of the budget are in use";
    }

    /**
     * Does some work when there is a connection for it in the budget.
     *
     * @param yields whether the turn ends when others wait
     * @param until no connection is waited for any longer when this emits or completes
     * @param come told once when it waits no longer, however that came
     * @return what the work emits; empty when it did not come to it. The connection is free again at its end, however it ends
     */
    public <T> Flux<T> atWork(
            String shard,
            boolean yields,
            Publisher<?> until,
            Runnable come,
            Function<? super Turn, ? extends Publisher<T>> use) {
        return lent(
                work.take(shard).doFinally(signal -> come.run()),
                until,
                () -> use.apply(new TurnAtWork(shard, yields)));
    }

    /**
     * Looks at a shard when few enough others are looked at; empty when it did not come to it. One that takes long, since its
     * database does not answer, is not counted any more after a while.
     */
    public <T> Flux<T> looking(String shard, Publisher<?> until, Supplier<? extends Publisher<T>> look) {
        return Flux.usingWhen(
                looks.take(shard).takeUntilOther(until).filter(Places.Place::hold),
                held -> Flux.from(look.get())
                        .takeUntilOther(Mono.delay(LONG_LOOK, scheduler)
                                .doOnNext(late -> held.giveBack())
                                .then(Mono.never())),
                held -> Mono.fromRunnable(held::giveBack));
    }

    /** Keeps house on a shard when few enough others do; empty when it did not come to it. */
    public <T> Flux<T> keepingHouse(String shard, Publisher<?> until, Supplier<? extends Publisher<T>> housekeeping) {
        return lent(house.take(shard), until, housekeeping);
    }

    private static <T> Flux<T> lent(
            Mono<Places.Place> place, Publisher<?> until, Supplier<? extends Publisher<T>> use) {
        return Flux.usingWhen(
                place.takeUntilOther(until).filter(Places.Place::hold),
                held -> use.get(),
                held -> Mono.fromRunnable(held::giveBack));
    }

    private final class TurnAtWork implements Turn {

        private final String shard;
        private final boolean yields;
        private final long ends;

        private TurnAtWork(String shard, boolean yields) {
            this.shard = shard;
            this.yields = yields;
            this.ends = now() + budget.turn().toMillis();
        }

        @Override
        public boolean isOver() {
            return yields && work.areWanted() && now() >= ends;
        }

        @Override
        public String whyOver() {
            return "its turn is over: others wait for one of the " + budget.connections()
                    + " connections of the budget";
        }

        @Override
        public <T> Flux<T> alongside(Publisher<?> until, Flux<T> further) {
            return lent(work.takeSpare(shard), until, () -> further);
        }

        @Override
        public boolean isRated() {
            return budget.subBatchesPerSecond() > 0;
        }

        @Override
        public Mono<Void> subBatch() {
            return isRated() ? rate.permit(shard) : Mono.empty();
        }

        @Override
        public String whyWaiting() {
            return "waits for its turn: the budget is " + budget.subBatchesPerSecond()
                    + " sub-batches a second over all shards";
        }
    }

    private long now() {
        return scheduler.now(TimeUnit.MILLISECONDS);
    }
}
