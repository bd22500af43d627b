package io.sluice.sql;

import io.r2dbc.spi.Connection;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One connection for one use. Asking for it is never cancelled: one that comes at the moment of a cancel can get lost on its way
 * through the operators, and the pool has one fewer for good. Who is gone when it comes hands it back unused.
 */
final class Loan {

    private final Mono<Connection> coming;
    private final AtomicBoolean settled = new AtomicBoolean();

    private Loan(Mono<Connection> asking) {
        this.coming = asking.cache();
    }

    /**
     * Emits what the use emits; errors as asking or the use does, once the connection is back.
     *
     * @param asking emits the connection, in bounded time
     */
    static <T> Flux<T> of(
            Mono<Connection> asking, Function<Connection, ? extends Publisher<T>> use, Return afterwards) {
        return Flux.usingWhen(
                Mono.fromSupplier(() -> new Loan(asking)),
                loan -> loan.used(use),
                loan -> loan.back(afterwards.complete()),
                (loan, error) -> loan.back(connection -> afterwards.error().apply(connection, error)),
                loan -> loan.back(loan.settle() ? afterwards.unused() : afterwards.cancel()));
    }

    private <T> Flux<T> used(Function<Connection, ? extends Publisher<T>> use) {
        return coming.flatMapMany(connection -> settle() ? use.apply(connection) : Flux.never());
    }

    /** True for the first to ask: either it is used, or handed back unused. */
    private boolean settle() {
        return settled.compareAndSet(false, true);
    }

    private Mono<Void> back(Function<Connection, Mono<Void>> how) {
        return coming.onErrorComplete().flatMap(how);
    }
}
