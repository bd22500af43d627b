package io.sluice.webflux.api;

import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A page of what is listed by number.
 *
 * @param next the number to give for the next page; absent on the last one
 */
@Wire
record PageView<T>(List<T> items, @Nullable Long next) {

    /** A page that is not full is the last one. */
    static <T> PageView<T> of(List<T> items, int limit, ToLongFunction<T> number) {
        return new PageView<>(items, items.size() < limit ? null : number.applyAsLong(items.get(items.size() - 1)));
    }
}
