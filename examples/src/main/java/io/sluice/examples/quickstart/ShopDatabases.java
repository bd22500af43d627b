package io.sluice.examples.quickstart;

import io.r2dbc.spi.ConnectionFactories;
import io.sluice.testkit.EmbeddedPostgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The databases of the shop, one per shard: those of the given addresses, or some on a server which goes with this program. */
final class ShopDatabases implements AutoCloseable {

    private static final Duration WITHIN = Duration.ofMinutes(1);
    private static final int SHARDS_BY_DEFAULT = 2;

    /** {@code shop_1_of_2}: the name says how many there are, also when not all of them were made before a kill. */
    private static final String FOUND = """
            select max(split_part(datname, '_', 4))::int as shards
              from pg_database
             where datname ~ '^shop_[0-9]+_of_[0-9]+$'
            having count(*) > 0
            """;

    private static final String MISSING = """
            select format('create database shop_%s_of_%s', n, $1) as statement
              from generate_series(1, $1) n
             where not exists (select from pg_database where datname = format('shop_%s_of_%s', n, $1))
            """;

    private final @Nullable EmbeddedPostgres server;
    private final boolean lasting;
    private final List<ShopShard> shards;

    private ShopDatabases(@Nullable EmbeddedPostgres server, boolean lasting, List<ShopShard> shards) {
        this.server = server;
        this.lasting = lasting;
        this.shards = shards;
    }

    /**
     * Blocks until the databases are there.
     *
     * @param urls addresses of databases, one per shard; empty: an embedded server
     * @param data directory of the embedded server; null: thrown away
     * @param wanted number of databases; null: those that there are, or two
     * @throws IllegalArgumentException when the directory has another number of databases
     */
    static ShopDatabases open(List<String> urls, @Nullable Path data, @Nullable Integer wanted) {
        if (!urls.isEmpty()) {
            return new ShopDatabases(null, true, shards(urls));
        }
        // Its own shutdown hook would stop it before the leases are handed back.
        EmbeddedPostgres.Builder builder =
                EmbeddedPostgres.builder().closedByCaller().setting("max_wal_size", "4GB");
        EmbeddedPostgres server = (data == null ? builder : builder.data(data.toAbsolutePath())).start();
        try {
            return new ShopDatabases(server, data != null, shards(addresses(server, wanted)));
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    List<ShopShard> shards() {
        return shards;
    }

    /** One line about where they are. */
    String description() {
        String where = server == null
                ? "at the given addresses"
                : "on an embedded PostgreSQL " + server.version() + " on port " + server.port()
                        + (lasting ? "; its data stay" : "; its data are thrown away at the end");
        return shards.size() + (shards.size() == 1 ? " database " : " databases ") + where;
    }

    /** One line about what one can do until they are closed. */
    String whileTheyAreUp() {
        return server == null
                ? "Ctrl-C leaves."
                : "Look around: psql -h " + server.host() + " -p " + server.port() + " -U postgres "
                        + shards.get(0).database()
                        + " (tables quickstart.customers, sluice.run). Ctrl-C stops the server.";
    }

    /** Whether it can be started again on the same databases. */
    boolean isLasting() {
        return lasting;
    }

    @Override
    public void close() {
        if (server != null) {
            server.close();
        }
    }

    private static List<String> addresses(EmbeddedPostgres server, @Nullable Integer wanted) {
        var maintenance = ConnectionFactories.get(server.url());
        Integer found = Sql.query(maintenance, FOUND, row -> row.get("shards", Integer.class))
                .next()
                .block(WITHIN);
        if (found != null && wanted != null && !found.equals(wanted)) {
            throw new IllegalArgumentException("--data holds a shop of " + found + " shards, not " + wanted
                    + ": leave --shards out, or choose another directory");
        }
        int count = found != null ? found : wanted != null ? wanted : SHARDS_BY_DEFAULT;
        Sql.query(maintenance, MISSING, row -> Objects.requireNonNull(row.get("statement", String.class)), count)
                .collectList()
                .flatMapMany(Flux::fromIterable)
                .concatMap(statement -> Sql.update(maintenance, statement))
                .then(Mono.empty())
                .block(WITHIN);
        List<String> urls = new ArrayList<>();
        for (int number = 1; number <= count; number++) {
            urls.add(server.url().replaceFirst("[^/]+$", "shop_" + number + "_of_" + count));
        }
        return urls;
    }

    private static List<ShopShard> shards(List<String> urls) {
        List<ShopShard> shards = new ArrayList<>();
        for (String url : urls) {
            shards.add(ShopShard.at(url, shards.size() + 1, urls.size()));
        }
        return List.copyOf(shards);
    }
}
