package io.sluice.sql;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.pool.PoolMetrics;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Mono;

/**
 * The pool of a shard from its first use until it rests. It is closed at a moment when nobody asks for a connection or gives one
 * back: a pool that is disposed of just then may forget who asked (SimpleDequePool of reactor-pool offers to a queue that
 * nobody reads any more), who waits in vain.
 */
final class OpenPool {

    private static final Duration CLOSED_WITHIN = Duration.ofSeconds(5);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(10);

    private final ConnectionPool pool;
    private final AtomicInteger asking = new AtomicInteger();

    private OpenPool(ConnectionPool pool) {
        this.pool = pool;
    }

    static OpenPool of(String shard, ConnectionFactory factory, PoolSettings settings) {
        return new OpenPool(new ConnectionPool(ConnectionPoolConfiguration.builder(factory)
                .initialSize(0)
                .minIdle(0)
                .maxSize(settings.maxSize())
                .maxIdleTime(settings.maxIdleTime())
                .maxCreateConnectionTime(settings.maxAcquireTime())
                .maxAcquireTime(settings.maxAcquireTime())
                .acquireRetry(0)
                .name("sluice-" + shard)
                .build()));
    }

    /** Announces that {@link #connection} will be asked for. */
    OpenPool asked() {
        asking.incrementAndGet();
        return this;
    }

    /** Emits one connection, or errors as the pool does; closed by closing what is emitted. */
    Mono<Connection> connection() {
        return pool.create();
    }

    /** What was announced has come or is not wanted any more. */
    void answered() {
        asking.decrementAndGet();
    }

    /** True while a connection is lent out, asked for or being opened, or on its way back. */
    boolean isUsed() {
        return asking.get() > 0 || pool.getMetrics().map(OpenPool::isUsed).orElse(false);
    }

    private static boolean isUsed(PoolMetrics metrics) {
        return metrics.pendingAcquireSize() > 0 || metrics.allocatedSize() > metrics.idleSize();
    }

    /**
     * To be called when nobody can ask any more. Waits five seconds for what is in use; what is lent out longer is closed when it
     * comes back. Completes always: a connection whose server does not answer may never say that it is closed, and nobody needs to
     * know. Whoever cancels does not wait for it, but it is closed all the same: nobody else knows of it.
     */
    Mono<Void> closed() {
        return Mono.usingWhen(Mono.just(this), pool -> Mono.empty(), OpenPool::disposed);
    }

    private Mono<Void> disposed() {
        return Mono.fromSupplier(this::isUsed)
                .filter(used -> !used)
                .repeatWhenEmpty(tries -> tries.delayElements(BETWEEN_LOOKS))
                .timeout(CLOSED_WITHIN)
                .onErrorComplete()
                .then(pool.disposeLater())
                .timeout(CLOSED_WITHIN.multipliedBy(2))
                .onErrorComplete();
    }
}
