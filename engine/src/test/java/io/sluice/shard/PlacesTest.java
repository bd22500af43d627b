package io.sluice.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.shard.Places.Place;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class PlacesTest {

    private final Places places = new Places(2);
    private final List<String> served = new ArrayList<>();

    /** Takes a place and holds it until it is told to give it back. */
    private Disposable taker(String shard) {
        return places.take(shard)
                .filter(Place::hold)
                .doOnNext(place -> served.add(shard))
                .flatMap(place -> Mono.never().doOnCancel(place::giveBack))
                .subscribe();
    }

    @Test
    void thereAreSoManyAndNoMore() {
        Disposable first = taker("a");
        taker("b");
        taker("c");

        assertThat(served).containsExactly("a", "b");
        assertThat(places.areTaken()).isTrue();
        assertThat(places.areWanted()).isTrue();

        first.dispose();
        assertThat(served).containsExactly("a", "b", "c");
        assertThat(places.areWanted()).isFalse();
    }

    @Test
    void shardsAreServedInTurnHoweverManyEachHasWaiting() {
        Places one = new Places(1);
        Deque<Place> held = new ArrayDeque<>();
        for (String shard : List.of("first", "greedy", "greedy", "greedy", "greedy", "modest", "late")) {
            one.take(shard).filter(Place::hold).doOnNext(held::add).subscribe(place -> served.add(shard));
        }

        while (!held.isEmpty()) {
            held.remove().giveBack();
        }

        assertThat(served).containsExactly("first", "greedy", "modest", "late", "greedy", "greedy", "greedy");
    }

    @Test
    void whoCancelsGivesItsTurnToTheNext() {
        Disposable holder = taker("a");
        taker("b");
        Disposable impatient = taker("c");
        taker("d");

        impatient.dispose();
        holder.dispose();

        assertThat(served).containsExactly("a", "b", "d");
        assertThat(places.areWanted()).isFalse();
    }

    @Test
    void nothingIsTakenBeforeSubscriptionNorGivenBeforeDemand() {
        Mono<Place> place = places.take("a");
        assertThat(places.areTaken()).isFalse();

        StepVerifier.create(place, 0)
                .expectSubscription()
                .thenRequest(1)
                .expectNextMatches(Place::hold)
                .verifyComplete();
    }

    @Test
    void whatWasOfferedAndDroppedOnTheWayIsNotLost() {
        Sinks.Empty<Void> stop = Sinks.empty();
        for (int i = 0; i < 3; i++) {
            places.take("stopped")
                    // told to stop at the moment of the offer: what stands below drops it
                    .doOnNext(offered -> stop.tryEmitEmpty())
                    .takeUntilOther(stop.asMono())
                    .filter(Place::hold)
                    .subscribe(place -> served.add("stopped"));
        }

        taker("next");
        taker("last");
        assertThat(served).containsExactly("next", "last");
    }

    @Test
    void givingBackTwiceMakesNoPlace() {
        Place place = places.take("a").filter(Place::hold).block();
        place.giveBack();
        place.giveBack();

        taker("b");
        taker("c");
        taker("d");

        assertThat(served).containsExactly("b", "c");
    }

    /** Many threads take, cancel and give back at once; in the end every place is there, and never were there more. */
    @Test
    void noPlaceIsLostOrDoubledInARace() {
        AtomicInteger held = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Map<String, Integer> times = new ConcurrentHashMap<>();

        Flux.range(0, 40_000)
                .flatMap(
                        i -> Mono.defer(() -> places.take("shard " + i % 7)
                                        // some of them are stopped while they are offered a place
                                        .takeUntilOther(
                                                i % 3 == 0 ? Mono.just(i).hide() : Mono.never())
                                        .filter(Place::hold)
                                        .doOnNext(place -> {
                                            most.accumulateAndGet(held.incrementAndGet(), Math::max);
                                            times.merge("shard " + i % 7, 1, Integer::sum);
                                            held.decrementAndGet();
                                            place.giveBack();
                                        }))
                                .subscribeOn(Schedulers.parallel()),
                        64)
                .blockLast(Duration.ofSeconds(30));

        assertThat(most).hasValueLessThanOrEqualTo(2);
        assertThat(times).hasSize(7);
        taker("a");
        taker("b");
        taker("c");
        assertThat(served).containsExactly("a", "b");
    }
}
