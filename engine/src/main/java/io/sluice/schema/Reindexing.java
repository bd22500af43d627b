package io.sluice.schema;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.sluice.sql.Statements;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One index or all indexes of a table, built anew beside the old ones. An interrupted one leaves invalid indexes, of the table, its
 * partitions and what is stored out of line, whose names end in {@code _ccnew} or {@code _ccold} (<a href="https://www.postgresql.org/docs/current/sql-reindex.html">REINDEX</a>).
 */
final class Reindexing implements Change {

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);

    private static final String LEFT = """
            with recursive below (rel) as (
                select $1::bigint::oid
                union all
                select h.inhrelid from below b join pg_inherits h on h.inhparent = b.rel
            ), tables (rel) as (
                select b.rel from below b
                union all
                select c.reltoastrelid from below b join pg_class c on c.oid = b.rel where c.reltoastrelid <> 0
            )
            select has_schema_privilege(n.oid, 'usage') as ours, format('%I.%I', n.nspname, c.relname) as name,
            """ + IndexCatalog.BUILDER + """
              as builder
              from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
             where i.indrelid in (select t.rel from tables t) and not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$'
             order by 1
            """;

    private final IndexCatalog catalog = new IndexCatalog();
    private final Relation table;
    private final @Nullable String index;

    /** @param index null: all of the table */
    Reindexing(Relation table, @Nullable String index) {
        this.table = table;
        this.index = index;
    }

    @Override
    public Mono<Verdict> judge(Connection connection, boolean applied) {
        if (applied) {
            return Mono.just(new Verdict.Done());
        }
        return there(connection)
                .thenMany(left(connection))
                .next()
                .defaultIfEmpty(rebuild())
                .<Verdict>map(Verdict.Next::new)
                .onErrorResume(
                        NotNowException.class, error -> Mono.just(new Verdict.Later(error.reason(), error.askAgain())));
    }

    private Mono<Void> there(Connection connection) {
        return index == null
                ? Mono.empty()
                : catalog.find(connection, table.schema(), index)
                        .filter(found -> found.table() == table.oid())
                        .switchIfEmpty(Mono.error(
                                () -> new SchemaDefinitionException("there is no index " + index + " of " + table)))
                        .then();
    }

    private Step rebuild() {
        String probe = table.isView() ? null : table.quoted();
        return index == null
                ? Step.concurrent("reindex " + table, "reindex table concurrently " + table.quoted(), probe)
                        .doneOnce()
                : Step.concurrent("reindex " + index, "reindex index concurrently " + table.quoted(index), probe)
                        .doneOnce();
    }

    @Override
    public Flux<Step> leftovers(Connection connection) {
        return left(connection).map(Step::limited);
    }

    /** What is stored out of line lies in a schema that only superusers may use. */
    @Override
    public Flux<String> notOurs(Connection connection) {
        return all(connection)
                .filter(it -> !it.ours)
                .map(it -> "index " + it.name + " is left half-built, and is written at each change of the table; ask a"
                        + " superuser for: drop index " + it.name);
    }

    private Flux<Left> all(Connection connection) {
        return Statements.query(
                connection,
                LEFT,
                row -> new Left(
                        requireNonNull(row.get("name", String.class)),
                        requireNonNull(row.get("ours", Boolean.class)),
                        row.get("builder", Integer.class)),
                String.valueOf(table.oid()));
    }

    /** @param ours whether we may drop it */
    private record Left(String name, boolean ours, @Nullable Integer builder) {}

    private Flux<Step> left(Connection connection) {
        return all(connection)
                .filter(Left::ours)
                .map(Reindexing::free)
                .map(name -> Step.drop("drop the invalid index " + name, name));
    }

    /** The name of one that nobody is at; throws {@link NotNowException} where somebody is. */
    private static String free(Left left) {
        if (left.builder != null) {
            throw new NotNowException("pid " + left.builder + " is at index " + left.name, LOOK_AGAIN);
        }
        return left.name;
    }
}
