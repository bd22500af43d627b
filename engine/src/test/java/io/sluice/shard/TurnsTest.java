package io.sluice.shard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

class TurnsTest {

    private static final Duration TURN = Duration.ofSeconds(30);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final Turns turns = new Turns(new Budget(1, 2, 0, TURN), time);
    private final List<Turn> taken = new ArrayList<>();
    private final AtomicInteger come = new AtomicInteger();
    private final Sinks.One<Boolean> shutdown = Sinks.one();

    @AfterEach
    void disposeTime() {
        time.dispose();
    }

    private Disposable work(String shard, boolean yields) {
        return turns.atWork(shard, yields, shutdown.asMono(), come::incrementAndGet, turn -> {
                    taken.add(turn);
                    return Flux.never();
                })
                .subscribe();
    }

    @Test
    void aTurnIsOverWhenItHasHadItsTimeAndAnotherWaits() {
        work("a", true);
        time.advanceTimeBy(TURN.multipliedBy(2));
        assertThat(taken.get(0).isOver()).as("nobody waits").isFalse();

        Disposable waiting = work("b", true);
        assertThat(taken.get(0).isOver()).isTrue();

        waiting.dispose();
        assertThat(taken.get(0).isOver()).as("nobody waits any more").isFalse();
    }

    @Test
    void aTurnIsNotOverBeforeItsTime() {
        work("a", true);
        work("b", true);

        time.advanceTimeBy(TURN.minusMillis(1));
        assertThat(taken.get(0).isOver()).isFalse();
        time.advanceTimeBy(Duration.ofMillis(1));
        assertThat(taken.get(0).isOver()).isTrue();
    }

    @Test
    void whoDoesNotYieldGoesOn() {
        work("a", false);
        work("b", true);
        time.advanceTimeBy(TURN);

        assertThat(taken.get(0).isOver()).isFalse();
    }

    @Test
    void theNextIsServedWhenTheWorkEndsOrIsCancelled() {
        Disposable first = work("a", true);
        work("b", true);
        assertThat(come).hasValue(1);

        first.dispose();

        assertThat(taken).hasSize(2);
        assertThat(come).hasValue(2);
    }

    @Test
    void anErrorOfTheWorkGivesTheTurnBack() {
        turns.atWork("a", true, Mono.never(), () -> {}, turn -> Mono.error(new IllegalStateException("no")))
                .onErrorComplete()
                .blockLast();

        work("b", true);
        assertThat(taken).hasSize(1);
    }

    @Test
    void nobodyWaitsForAConnectionAfterTheShutdown() {
        work("a", true);
        Disposable waiting = work("b", true);
        assertThat(waiting.isDisposed()).isFalse();

        shutdown.tryEmitValue(true);

        assertThat(waiting.isDisposed()).isTrue();
        assertThat(come).hasValue(2);
        assertThat(taken).hasSize(1);
    }

    @Test
    void fewShardsAreLookedAtAtOneTime() {
        AtomicInteger looks = new AtomicInteger();
        List<Disposable> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            all.add(turns.looking(
                            "shard " + i, Mono.never(), () -> Mono.never().doOnSubscribe(it -> looks.incrementAndGet()))
                    .subscribe());
        }
        assertThat(looks).hasValue(2);

        all.get(0).dispose();
        assertThat(looks).hasValue(3);
    }

    @Test
    void aShardThatDoesNotAnswerKeepsNoOtherFromBeingLookedAt() {
        AtomicInteger looks = new AtomicInteger();
        List<Disposable> dead = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            dead.add(turns.looking("dead " + i, Mono.never(), Mono::never).subscribe());
        }
        Flux<Integer> healthy = turns.looking("healthy", Mono.never(), () -> Mono.fromSupplier(looks::incrementAndGet));
        healthy.subscribe();
        assertThat(looks).hasValue(0);

        time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(looks).hasValue(1);

        dead.forEach(Disposable::dispose);
        turns.looking("held", Mono.never(), Mono::never).subscribe();
        turns.looking("held", Mono.never(), Mono::never).subscribe();
        healthy.subscribe();
        assertThat(looks)
                .as("what was given back early is not given back again")
                .hasValue(1);
    }
}
