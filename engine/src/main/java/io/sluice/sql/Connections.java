package io.sluice.sql;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.R2dbcException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.pool.PoolShutdownException;
import reactor.util.retry.Retry;

/**
 * The connections of one shard, each lent for one lifetime. Short statements share a small pool of the engine's own that holds
 * nothing while the shard is idle; long work gets a physical connection for itself.
 */
public final class Connections {

    private static final int POOLED = 4;
    private static final Duration KEPT_IDLE = Duration.ofSeconds(15);
    private static final Duration ACQUIRE_WITHIN = Duration.ofSeconds(10);

    private static final Duration CLOSED_WITHIN = Duration.ofSeconds(5);
    private static final Duration ROLLBACK_WITHIN = Duration.ofSeconds(5);

    /**
     * A holder that freezes or vanishes in the middle of a ledger transaction is cut off by the server, and a takeover knows by
     * the name that it may end it. Counts that follow a lock must see what the last holder of the lock did, so the isolation is
     * not left to the defaults of the database.
     */
    private static final String BEGIN =
            "begin isolation level read committed; set local idle_in_transaction_session_timeout = 5000;"
                    + " set local lock_timeout = 10000; set local application_name = 'sluice ledger'";

    /** No short statement takes this long, unless the server went away without a word. */
    private static final Duration ANSWER_WITHIN = Duration.ofMinutes(1);

    private final String shard;
    private final ConnectionFactory factory;
    private final KeptOpen keptOpen;
    private final Duration answerWithin;
    private final Duration acquireWithin;
    private final List<Connections> beside = new CopyOnWriteArrayList<>();

    /** Null while nothing is kept open. Changed under the lock of this. */
    private volatile @Nullable ConnectionPool pool;

    private volatile boolean closed;

    public Connections(String shard, ConnectionFactory factory) {
        this(shard, factory, new KeptOpen(1));
    }

    /** @param keptOpen shared with the shards that are used beside this one */
    public Connections(String shard, ConnectionFactory factory, KeptOpen keptOpen) {
        this(shard, factory, keptOpen, ANSWER_WITHIN);
    }

    /** @param answerWithin a connection is waited for no longer either */
    public Connections(String shard, ConnectionFactory factory, KeptOpen keptOpen, Duration answerWithin) {
        this.shard = shard;
        this.factory = factory instanceof ConnectionPool pooled ? pooled.unwrap() : factory;
        this.keptOpen = keptOpen;
        this.answerWithin = answerWithin;
        this.acquireWithin = answerWithin.compareTo(ACQUIRE_WITHIN) < 0 ? answerWithin : ACQUIRE_WITHIN;
    }

    public String shard() {
        return shard;
    }

    /** Those to another database that is looked at for this shard; they rest and are closed with these. */
    public Connections beside(String name, ConnectionFactory other) {
        Connections further = new Connections(shard + ", " + name, other, keptOpen);
        beside.add(further);
        return further;
    }

    /** True while a connection is lent out or waited for. */
    boolean isInUse() {
        ConnectionPool open = pool;
        return open != null
                && open.getMetrics()
                        .map(it -> it.acquiredSize() > 0 || it.pendingAcquireSize() > 0)
                        .orElse(false);
    }

    /**
     * Lends a pooled connection for autocommitted statements. Whoever cancels ends the statement on the server and costs the
     * pool that connection.
     *
     * @return what the function emits; errors with {@link DatabaseUnreachableException} when there is no connection, or no first
     *     answer on it within a minute
     */
    public <T> Flux<T> lend(Function<Connection, ? extends Publisher<T>> use) {
        return Flux.usingWhen(
                reachable(pooled()),
                // who reads the others slowly may do so
                connection -> Flux.from(use.apply(connection)).timeout(silence()),
                this::giveBack,
                this::giveUp,
                ServerCancel::interruptAndDiscard);
    }

    /** As {@link #lend}, for at most one value. */
    public <T> Mono<T> lendOne(Function<Connection, Mono<T>> use) {
        return Mono.usingWhen(
                reachable(pooled()),
                connection -> use.apply(connection).timeout(silence()),
                this::giveBack,
                this::giveUp,
                ServerCancel::interruptAndDiscard);
    }

    /**
     * One short transaction on a pooled connection; an error or a cancel rolls it back.
     *
     * @return what the function emits, once that is committed; errors with {@link DatabaseUnreachableException} when there is no
     *     connection, or no answer on it within a minute
     */
    public <T> Mono<T> transaction(Function<Connection, Mono<T>> use) {
        return unhurried(connection -> use.apply(connection).timeout(silence()));
    }

    /** As {@link #transaction}, for what may take its time, as in a large table: the caller watches over it by other means. */
    public <T> Mono<T> unhurried(Function<Connection, Mono<T>> use) {
        return Mono.usingWhen(
                reachable(pooled()),
                connection -> Statements.script(connection, BEGIN)
                        .timeout(silence())
                        .then(Mono.defer(() -> use.apply(connection)))
                        .flatMap(value -> commit(connection).thenReturn(value))
                        .switchIfEmpty(Mono.defer(() -> commit(connection).then(Mono.empty()))),
                this::giveBack,
                this::rollback,
                ServerCancel::interruptAndDiscard);
    }

    private Mono<Void> commit(Connection connection) {
        return Mono.from(connection.commitTransaction()).timeout(silence());
    }

    /** A server that went away without a word never answers. */
    private Mono<?> silence() {
        return Mono.delay(answerWithin)
                .flatMap(late -> Mono.error(new DatabaseUnreachableException(
                        shard, new TimeoutException("no answer within " + answerWithin.toSeconds() + " s"))));
    }

    /**
     * Lends a physical connection of its own, discarded at the end however it ends; a cancel or an error also cancels what
     * still runs on it.
     */
    public <T> Flux<T> dedicate(Function<Connection, ? extends Publisher<T>> use) {
        return Flux.usingWhen(
                reachable(Mono.<Connection>from(factory.create()).timeout(acquireWithin)),
                use,
                ServerCancel::discard,
                (connection, error) -> ServerCancel.interruptAndDiscard(connection),
                ServerCancel::interruptAndDiscard);
    }

    /**
     * As {@link #dedicate}, for a statement that shall go on, on the server, when whoever waits for it is gone: a cancel only closes
     * the connection.
     */
    public <T> Flux<T> entrust(Function<Connection, ? extends Publisher<T>> use) {
        return Flux.usingWhen(
                reachable(Mono.<Connection>from(factory.create()).timeout(acquireWithin)),
                use,
                ServerCancel::discard,
                (connection, error) -> ServerCancel.discard(connection),
                ServerCancel::discard);
    }

    /**
     * Closes what is open, for nobody will use it soon; it is opened again when it is needed. What is lent out at the moment, or
     * still being opened, is closed when it comes back. Completes always: a connection that cannot be closed is dead already.
     */
    public Mono<Void> rest() {
        return Mono.defer(() -> {
                    ConnectionPool open = takeOpen();
                    return open == null ? Mono.empty() : disposed(open);
                })
                .and(Flux.fromIterable(beside).concatMap(Connections::rest));
    }

    /**
     * Closes the pool of the engine; connections that were lent out are closed when they come back. Completes always, as {@link
     * #rest} does.
     */
    public Mono<Void> close() {
        return Mono.defer(() -> disposed(closedPool()))
                .and(Flux.fromIterable(beside).concatMap(Connections::close));
    }

    /** A connection whose server does not answer may never say that it is closed, and nobody needs to know. */
    private static Mono<Void> disposed(ConnectionPool pool) {
        return pool.disposeLater().timeout(CLOSED_WITHIN).onErrorComplete();
    }

    private Mono<Connection> pooled() {
        return Mono.defer(() -> {
            Connections longestUnused = keptOpen.used(this);
            return longestUnused == null ? acquired() : longestUnused.rest().then(acquired());
        });
    }

    /**
     * A server that was restarted leaves only dead ones behind, and a pool may be closed under whoever waits for one of its
     * connections: a caller must not have to find out.
     */
    private Mono<Connection> acquired() {
        return Mono.defer(() -> opened().create())
                .retryWhen(Retry.max(POOLED)
                        .filter(error -> !(error instanceof TimeoutException) && !closed)
                        .onRetryExhaustedThrow((tries, last) -> last.failure()))
                .timeout(
                        acquireWithin,
                        Mono.error(() ->
                                new TimeoutException("no connection within " + acquireWithin.toSeconds() + " s")));
    }

    private synchronized ConnectionPool opened() {
        ConnectionPool open = pool;
        if (open == null) {
            open = newPool();
            pool = open;
        }
        return open;
    }

    private synchronized @Nullable ConnectionPool takeOpen() {
        if (closed) {
            return null;
        }
        ConnectionPool open = pool;
        pool = null;
        keptOpen.closed(this);
        return open;
    }

    /** It stays where it is, so that who comes too late is refused. */
    private synchronized ConnectionPool closedPool() {
        closed = true;
        keptOpen.closed(this);
        return opened();
    }

    private ConnectionPool newPool() {
        return new ConnectionPool(ConnectionPoolConfiguration.builder(factory)
                .initialSize(0)
                .minIdle(0)
                .maxSize(POOLED)
                .maxIdleTime(KEPT_IDLE)
                .maxCreateConnectionTime(acquireWithin)
                .acquireRetry(0)
                .name("sluice-" + shard)
                .build());
    }

    private Mono<Void> giveBack(Connection connection) {
        return Mono.from(connection.close());
    }

    private Mono<Void> giveUp(Connection connection, Throwable error) {
        return error instanceof DatabaseUnreachableException
                ? ServerCancel.interruptAndDiscard(connection)
                : giveBack(connection);
    }

    private Mono<Connection> reachable(Mono<? extends Connection> opening) {
        return opening.<Connection>map(Function.identity())
                .onErrorMap(Connections::isUnreachable, e -> new DatabaseUnreachableException(shard, e));
    }

    private static boolean isUnreachable(Throwable error) {
        return error instanceof R2dbcException
                || error instanceof IOException
                || error instanceof TimeoutException
                || error instanceof PoolShutdownException;
    }

    private Mono<Void> rollback(Connection connection, Throwable error) {
        // a statement may still be at work then
        return error instanceof DatabaseUnreachableException || error instanceof TimeoutException
                ? ServerCancel.interruptAndDiscard(connection)
                : Mono.from(connection.rollbackTransaction())
                        .timeout(ROLLBACK_WITHIN)
                        .then(Mono.defer(() -> giveBack(connection)))
                        .onErrorResume(e -> ServerCancel.discard(connection));
    }
}
