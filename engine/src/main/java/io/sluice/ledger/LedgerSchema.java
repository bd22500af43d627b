package io.sluice.ledger;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.R2dbcPermissionDeniedException;
import io.sluice.sql.Connections;
import io.sluice.sql.SqlFault;
import io.sluice.sql.Statements;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Installs and upgrades the ledger from the numbered scripts in the jar, and refuses one that this engine may not use. All
 * steps are one transaction under a transaction-level advisory lock, so any number of instances may install at once.
 */
public final class LedgerSchema {

    /** The scripts, in order; the version of a ledger is how many of them it has. */
    private static final List<String> SCRIPTS = List.of(
            "V001__runs.sql",
            "V002__data_migrations.sql",
            "V003__throttling.sql",
            "V004__sizes_and_quarantine.sql",
            "V005__lanes.sql",
            "V006__schema_migrations.sql",
            "V007__cheaper_sub_batches.sql");

    /** Read at once, since later reading would block; and once, since there may be thousands of ledgers. */
    private static final List<String> TEXTS =
            SCRIPTS.stream().map(LedgerSchema::read).toList();

    /** The ledger version of this engine. */
    public static final int VERSION = SCRIPTS.size();

    /** The oldest engine that can work on a ledger of this version. */
    private static final int LOWEST_ENGINE = 5;

    private static final String LOCK = "select pg_advisory_xact_lock(hashtext('sluice install'), hashtext(${channel}))";

    private static final String EXISTS = "select to_regclass($1) is not null as there";

    private static final String READ = "select version, lowest_engine from ${ledger}.ledger";

    private static final String WRITE = """
            insert into ${ledger}.ledger (version, lowest_engine) values ($1, $2)
            on conflict (only_row) do update set version = excluded.version, lowest_engine = excluded.lowest_engine
            """;

    private final Connections connections;
    private final LedgerName name;

    public LedgerSchema(Connections connections, LedgerName name) {
        this.connections = connections;
        this.name = name;
    }

    /**
     * Brings the ledger to the version of this engine. A newer ledger that allows this engine is left as it is.
     *
     * @return completes when the ledger can be used; errors with {@link LedgerException} when it cannot, nothing changed
     */
    public Mono<Void> install() {
        return connections
                .unhurried(connection -> Statements.queryOne(connection, name.in(LOCK), row -> 1)
                        .then(versions(connection))
                        .flatMap(found -> upgrade(connection, found)))
                .onErrorMap(LedgerSchema::isDenied, e -> LedgerException.denied(connections.shard(), name, e))
                .then();
    }

    /** Completes when this engine may use the ledger as it is; errors with {@link LedgerException} when it may not. */
    public Mono<Void> check() {
        return connections
                .lendOne(this::versions)
                .onErrorMap(LedgerSchema::isDenied, e -> LedgerException.unreadable(connections.shard(), name, e))
                .flatMap(found -> found.version == 0
                        ? Mono.error(LedgerException.missing(connections.shard(), name, null))
                        : found.version < VERSION
                                ? Mono.error(LedgerException.outdated(connections.shard(), found.version, VERSION))
                                : usable(found))
                .then();
    }

    /** Emits the version that the ledger has; 0 where there is none. */
    public Mono<Integer> version() {
        return connections.lendOne(this::versions).map(Versions::version);
    }

    private Mono<Versions> versions(Connection connection) {
        return Statements.queryOne(
                        connection, EXISTS, row -> row.get("there", Boolean.class), name.quoted() + ".ledger")
                .filter(Boolean.TRUE::equals)
                .flatMap(there -> Statements.queryOne(
                        connection,
                        name.in(READ),
                        row -> new Versions(
                                Objects.requireNonNull(row.get("version", Integer.class)),
                                Objects.requireNonNull(row.get("lowest_engine", Integer.class)))))
                .defaultIfEmpty(new Versions(0, 0));
    }

    private Mono<Versions> upgrade(Connection connection, Versions found) {
        if (found.version >= VERSION) {
            return usable(found);
        }
        Mono<Void> schema = found.version > 0 ? Mono.empty() : createSchema(connection);
        return schema.thenMany(Flux.fromIterable(TEXTS.subList(found.version, VERSION)))
                .concatMap(script -> Statements.script(connection, name.in(script)))
                .then(Statements.update(connection, name.in(WRITE), VERSION, LOWEST_ENGINE))
                .thenReturn(new Versions(VERSION, LOWEST_ENGINE));
    }

    /** CREATE SCHEMA IF NOT EXISTS asks for the right to create even where the schema is there already. */
    private Mono<Void> createSchema(Connection connection) {
        return Statements.queryOne(
                        connection,
                        "select to_regnamespace($1) is not null as there",
                        row -> row.get("there", Boolean.class),
                        name.quoted())
                .flatMap(there -> Boolean.TRUE.equals(there)
                        ? Mono.empty()
                        : Statements.script(connection, name.in("create schema ${ledger}")));
    }

    private Mono<Versions> usable(Versions found) {
        return found.lowestEngine > VERSION
                ? Mono.error(LedgerException.tooNew(connections.shard(), found.version, found.lowestEngine, VERSION))
                : Mono.just(found);
    }

    private static boolean isDenied(Throwable error) {
        return error instanceof R2dbcPermissionDeniedException || "42501".equals(SqlFault.sqlState(error));
    }

    private static String read(String script) {
        try (InputStream in = Objects.requireNonNull(LedgerSchema.class.getResourceAsStream(script), script)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("script of the ledger in this jar: " + script, e);
        }
    }

    private record Versions(int version, int lowestEngine) {}
}
