package io.sluice.shard;

import java.util.concurrent.atomic.AtomicReference;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** So many places, lent to shards in turn. Who waits for one costs an entry in a list: no thread, no timer, no connection. */
final class Places {

    private final OneByOne changes = new OneByOne();
    private final RoundRobin<Place> waiting = new RoundRobin<>();
    private final RoundRobin<Place> content = new RoundRobin<>();
    private int free;
    private volatile boolean taken;
    private volatile boolean wanted;

    Places(int places) {
        this.free = places;
    }

    /** True while none is free. */
    boolean areTaken() {
        return taken;
    }

    /** True while somebody waits who does not only take what is to spare. */
    boolean areWanted() {
        return wanted;
    }

    /**
     * Emits a place when it is the shard's turn. Whoever gets it must {@link Place#hold} it at once, and {@link Place#giveBack} it
     * at the end. One that is offered to who has cancelled goes to the next.
     */
    Mono<Place> take(String shard) {
        return taken(shard, waiting);
    }

    /** As {@link #take}, of what is left when nobody waits otherwise. */
    Mono<Place> takeSpare(String shard) {
        return taken(shard, content);
    }

    private Mono<Place> taken(String shard, RoundRobin<Place> line) {
        return Mono.defer(() -> {
            Place place = new Place(shard, line);
            return place.offer
                    .asMono()
                    .doOnSubscribe(it -> changes.make(() -> {
                        line.add(shard, place);
                        lend();
                    }))
                    .doOnCancel(place::leave);
        });
    }

    private void lend() {
        while (free > 0 && !(waiting.isEmpty() && content.isEmpty())) {
            Place next = waiting.isEmpty() ? content.next() : waiting.next();
            if (next != null && next.state.compareAndSet(State.WANTED, State.OFFERED)) {
                free--;
                tell();
                next.offer.tryEmitValue(next);
            }
        }
        tell();
    }

    private void tell() {
        taken = free == 0;
        wanted = !waiting.isEmpty();
    }

    private void returned() {
        changes.make(() -> {
            free++;
            lend();
        });
    }

    private enum State {
        WANTED,
        OFFERED,
        HELD,
        OVER
    }

    /** One of the places, from the wish for it to its return. */
    final class Place {

        private final String shard;
        private final RoundRobin<Place> line;
        private final Sinks.One<Place> offer = Sinks.one();
        private final AtomicReference<State> state = new AtomicReference<>(State.WANTED);

        private Place(String shard, RoundRobin<Place> line) {
            this.shard = shard;
            this.line = line;
        }

        /** Accepts what was offered; false when it was cancelled meanwhile, and the place is another's. */
        boolean hold() {
            return state.compareAndSet(State.OFFERED, State.HELD);
        }

        /** A second time does nothing. */
        void giveBack() {
            if (state.getAndSet(State.OVER) == State.HELD) {
                returned();
            }
        }

        /** Who cancels does not wait any more; what was offered and not accepted by then is not lost in between. */
        private void leave() {
            if (state.compareAndSet(State.WANTED, State.OVER)) {
                changes.make(() -> {
                    line.remove(shard, this);
                    tell();
                });
            } else if (state.compareAndSet(State.OFFERED, State.OVER)) {
                returned();
            }
        }
    }
}
