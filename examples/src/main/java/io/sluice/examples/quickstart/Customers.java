package io.sluice.examples.quickstart;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.ConnectionFactory;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The customers of one shard. They are made in chunks, each a transaction, so that making them goes on after a kill; the
 * points of each follow from its id, which is how every row is verified in the end.
 */
final class Customers {

    private static final long CHUNK = 25_000;

    private static final List<String> TABLES = List.of(
            "create schema if not exists quickstart",
            "create table if not exists quickstart.plan (rows bigint not null, shard int not null, shards int not null)",
            """
            create table if not exists quickstart.customers (
                id bigint primary key,
                name text not null,
                email text not null,
                email_lower text,
                city text not null,
                balance_cents bigint not null,
                loyalty_points int not null,
                created_at timestamptz not null)
            """);

    private static final String KEEP_PLAN = """
            insert into quickstart.plan (rows, shard, shards)
            select $1, $2, $3 where not exists (select from quickstart.plan)
            """;

    private static final String LAST = "select coalesce(max(id), 0) as id from quickstart.customers";

    /** Customers $1 to $2 of shard $3 of $4; ids are dealt out to the shards in turn. */
    private static final String MAKE = """
            insert into quickstart.customers (id, name, email, city, balance_cents, loyalty_points, created_at)
            select id, first || ' ' || last, first || '.' || last || id || '@' || host, city,
                   (id * 7919) % 500000 - 20000, (id * 37) % 500,
                   timestamptz '2019-01-01 08:00:00+00' + (id * 7907 % 200000000) * interval '1 second'
              from (select id,
                           (array['Ada','Björn','Chiara','Dmitri','Elif','Fatou','Grace','Hugo'])[1 + id / 3 % 8] as first,
                           (array['Ito','Jensen','Kaya','Lopez','Meyer','Novak','Okafor'])[1 + id / 5 % 7] as last,
                           (array['Example.com','Mail.Example.org','example.net'])[1 + id % 3] as host,
                           (array['Porto','Leeds','Gdańsk','Turku','Ghent'])[1 + id / 2 % 5] as city
                      from (select (n - 1) * $4 + $3 as id from generate_series($1, $2) n) ids) parts
            on conflict do nothing
            """;

    private static final String TALLY = """
            select count(*) as rows,
                   count(*) filter (where added = %1$d) as once,
                   count(*) filter (where added < %1$d) as missed,
                   count(*) filter (where added > %1$d) as twice,
                   count(*) filter (where email_lower is distinct from lower(email)) as not_lowered
              from (select loyalty_points - (id * 37) %% 500 as added, email, email_lower from quickstart.customers) c
            """.formatted(ShopMigrations.POINTS);

    private final ShopShard shard;
    private final ConnectionFactory database;

    Customers(ShopShard shard) {
        this.shard = shard;
        this.database = shard.connections();
    }

    /** Emits for how many rows in all the shop was planned by an earlier start; empty if there was none. */
    Mono<Long> planned() {
        return Flux.fromIterable(TABLES)
                .concatMap(statement -> Sql.update(database, statement))
                .thenMany(Sql.query(
                        database,
                        "select rows, shard, shards from quickstart.plan",
                        row -> plan(
                                row.get("rows", Long.class),
                                row.get("shard", Integer.class),
                                row.get("shards", Integer.class))))
                .next();
    }

    private long plan(@Nullable Long rows, @Nullable Integer number, @Nullable Integer of) {
        if (requireNonNull(number) != shard.number() || requireNonNull(of) != shard.of()) {
            throw new IllegalArgumentException("database '" + shard.database() + "' is shard " + number + " of " + of
                    + " of an earlier shop: give the same addresses in the same order, or drop its schemas quickstart"
                    + " and sluice");
        }
        return requireNonNull(rows);
    }

    /** Makes what is missing of this shard's part. Emits how many there are, at once and after each chunk. */
    Flux<Long> make(long rowsInAll) {
        long share = shard.share(rowsInAll);
        return Sql.update(database, KEEP_PLAN, rowsInAll, shard.number(), shard.of())
                .then(Mono.defer(this::made))
                .flatMapMany(made -> Flux.concat(
                        Mono.just(made), Flux.fromIterable(chunks(made, share)).concatMap(this::make, 1)))
                .concatWith(Mono.defer(() -> Sql.update(database, "analyze quickstart.customers"))
                        .thenReturn(share));
    }

    /** Looks at every row. */
    Mono<Tally> tally() {
        return Sql.query(
                        database,
                        TALLY,
                        row -> new Tally(
                                requireNonNull(row.get("rows", Long.class)),
                                requireNonNull(row.get("once", Long.class)),
                                requireNonNull(row.get("missed", Long.class)),
                                requireNonNull(row.get("twice", Long.class)),
                                requireNonNull(row.get("not_lowered", Long.class))))
                .single();
    }

    private record Chunk(long from, long to) {}

    private static List<Chunk> chunks(long made, long share) {
        List<Chunk> chunks = new ArrayList<>();
        for (long from = made + 1; from <= share; from += CHUNK) {
            chunks.add(new Chunk(from, Math.min(share, from + CHUNK - 1)));
        }
        return chunks;
    }

    private Mono<Long> made() {
        return Sql.query(database, LAST, row -> requireNonNull(row.get("id", Long.class)))
                .single()
                .map(id -> id == 0 ? 0 : (id - shard.number()) / shard.of() + 1);
    }

    private Mono<Long> make(Chunk chunk) {
        return Sql.update(database, MAKE, chunk.from, chunk.to, (long) shard.number(), (long) shard.of())
                .thenReturn(chunk.to);
    }
}
