package io.sluice.data;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** A source of items that is no table: pages of an API, lines of a file. Each item has a cursor after which it goes on. */
public interface ItemSource<T> {

    /**
     * The items after a cursor, in a fixed order. Asked anew for every sub-batch and cancelled when it has enough, so it should
     * be cheap to begin at a cursor.
     *
     * @param cursor JSON text of the last item done; null at the start
     * @return the items; completing without one says that the end is reached. Ten minutes without an item are an error that passes
     */
    Publisher<Item<T>> after(@Nullable String cursor);

    /** How many items there are in all; empty when that cannot be said. */
    default Mono<Long> count() {
        return Mono.empty();
    }

    /**
     * One item and its place.
     *
     * @param cursor JSON text that {@link #after} understands
     */
    record Item<T>(T value, String cursor) {}
}
