package io.sluice.sql;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.R2dbcTimeoutException;
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

    /** A dead connection in the pool shows at once. */
    private static final Duration AGAIN_WITHIN = Duration.ofSeconds(1);

    /** As many as a pool has that is not told otherwise. */
    private static final int AGAIN = 4;

    /** Whoever lets it rest may hold something that others wait for. */
    private static final Duration REST_WITHIN = Duration.ofSeconds(1);

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
    private final PoolSettings settings;
    private final List<Connections> beside = new CopyOnWriteArrayList<>();

    /** Null while nothing is kept open. Changed under the lock of this. */
    private volatile @Nullable OpenPool pool;

    private volatile boolean closed;

    public Connections(String shard, ConnectionFactory factory) {
        this(shard, factory, new KeptOpen(1));
    }

    /** @param keptOpen shared with the shards that are used beside this one */
    public Connections(String shard, ConnectionFactory factory, KeptOpen keptOpen) {
        this(shard, factory, keptOpen, PoolSettings.DEFAULTS);
    }

    /** As {@link #Connections(String, ConnectionFactory, KeptOpen)}, with settings of its own. */
    public Connections(String shard, ConnectionFactory factory, KeptOpen keptOpen, PoolSettings settings) {
        this(shard, factory, keptOpen, settings, ANSWER_WITHIN);
    }

    /** @param answerWithin how long a server may be silent in the middle of a short statement */
    public Connections(
            String shard, ConnectionFactory factory, KeptOpen keptOpen, PoolSettings settings, Duration answerWithin) {
        this.shard = shard;
        this.factory = factory instanceof ConnectionPool pooled ? pooled.unwrap() : factory;
        this.keptOpen = keptOpen;
        this.settings = settings;
        this.answerWithin = answerWithin;
    }

    public String shard() {
        return shard;
    }

    /** Those to another database that is looked at for this shard; they rest and are closed with these. */
    public Connections beside(String name, ConnectionFactory other) {
        Connections further = new Connections(shard + ", " + name, other, keptOpen, settings);
        beside.add(further);
        return further;
    }

    /** True while a connection is lent out or waited for, of those beside too. */
    boolean isInUse() {
        OpenPool open = pool;
        return (open != null && open.isUsed()) || beside.stream().anyMatch(Connections::isInUse);
    }

    /**
     * Lends a pooled connection for autocommitted statements. Whoever cancels ends the statement on the server and costs the
     * pool that connection.
     *
     * @return what the function emits; errors with {@link DatabaseUnreachableException} when there is no connection, or no first
     *     answer on it within a minute
     */
    public <T> Flux<T> lend(Function<Connection, ? extends Publisher<T>> use) {
        // who reads the others slowly may do so
        return Loan.of(
                pooled(), connection -> Flux.from(use.apply(connection)).timeout(silence()), Return.AUTOCOMMITTED);
    }

    /** As {@link #lend}, for at most one value. */
    public <T> Mono<T> lendOne(Function<Connection, Mono<T>> use) {
        return Loan.of(pooled(), connection -> use.apply(connection).timeout(silence()), Return.AUTOCOMMITTED)
                .singleOrEmpty();
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
        return Loan.of(
                        pooled(),
                        connection -> Statements.script(connection, BEGIN)
                                .timeout(silence())
                                .then(Mono.defer(() -> use.apply(connection)))
                                .flatMap(value -> commit(connection).thenReturn(value))
                                .switchIfEmpty(
                                        Mono.defer(() -> commit(connection).then(Mono.empty()))),
                        Return.IN_TRANSACTION)
                .singleOrEmpty();
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
        return Loan.of(own(), use, Return.DEDICATED);
    }

    /**
     * As {@link #dedicate}, for a statement that shall go on, on the server, when whoever waits for it is gone: a cancel only closes
     * the connection.
     */
    public <T> Flux<T> entrust(Function<Connection, ? extends Publisher<T>> use) {
        return Loan.of(own(), use, Return.ENTRUSTED);
    }

    /**
     * Closes what is open, for nobody will use it soon; it is opened again when it is needed. What is in use is waited for during a
     * second, and closed when it comes back if that is later. Completes always: a connection that cannot be closed is dead already.
     */
    public Mono<Void> rest() {
        return letGo().timeout(REST_WITHIN, Mono.empty());
    }

    private Mono<Void> letGo() {
        return Mono.fromSupplier(this::taken)
                .flatMap(OpenPool::closed)
                .and(Mono.when(beside.stream().map(Connections::letGo).toList()));
    }

    /** As {@link #rest}, for good: who asks for a connection from now on is refused. What is in use is waited for some seconds. */
    public Mono<Void> close() {
        return Mono.fromRunnable(this::refuse).then(Mono.defer(this::letGo));
    }

    private void refuse() {
        closed = true;
        beside.forEach(Connections::refuse);
    }

    private Mono<Connection> own() {
        return reachable(Mono.<Connection>from(factory.create()).timeout(settings.maxAcquireTime()));
    }

    private Mono<Connection> pooled() {
        return reachable(Mono.defer(() -> {
            Connections longestUnused = keptOpen.used(this);
            return longestUnused == null ? acquired() : longestUnused.rest().then(acquired());
        }));
    }

    /**
     * A server that was restarted leaves only dead ones behind, and a pool may be closed under whoever waits long for one of its
     * connections: a caller must not have to find out.
     */
    private Mono<Connection> acquired() {
        return Mono.using(this::asked, OpenPool::connection, OpenPool::answered)
                .retryWhen(Retry.from(failures -> failures.elapsed()
                        .concatMap(
                                it -> again(it.getT2(), it.getT1())
                                        ? Mono.just(it)
                                        : Mono.error(it.getT2().failure()),
                                1)));
    }

    private boolean again(Retry.RetrySignal tried, long millis) {
        Throwable error = tried.failure();
        boolean wasDead = !isTimeout(error) && !isRefusal(error) && millis < AGAIN_WITHIN.toMillis();
        return !closed && tried.totalRetries() < AGAIN && (wasDead || error instanceof PoolShutdownException);
    }

    /** Under the lock, so that none asks a pool that was taken away to be closed. */
    private synchronized OpenPool asked() {
        if (closed) {
            throw new PoolShutdownException();
        }
        OpenPool open = pool;
        if (open == null) {
            open = OpenPool.of(shard, factory, settings);
            pool = open;
        }
        return open.asked();
    }

    private synchronized @Nullable OpenPool taken() {
        OpenPool open = pool;
        pool = null;
        keptOpen.closed(this);
        return open;
    }

    private Mono<Connection> reachable(Mono<? extends Connection> opening) {
        return opening.<Connection>map(Function.identity())
                .onErrorMap(Connections::isUnreachable, e -> new DatabaseUnreachableException(shard, e));
    }

    /** The server does not take it (28: who it is, 53: it is full), and is not to be asked again at once. */
    private static boolean isRefusal(Throwable error) {
        String state = error instanceof R2dbcException fault ? fault.getSqlState() : null;
        return state != null && (state.startsWith("28") || state.startsWith("53"));
    }

    private static boolean isTimeout(Throwable error) {
        return error instanceof TimeoutException || error instanceof R2dbcTimeoutException;
    }

    private static boolean isUnreachable(Throwable error) {
        return error instanceof R2dbcException
                || error instanceof IOException
                || error instanceof TimeoutException
                || error instanceof PoolShutdownException;
    }
}
