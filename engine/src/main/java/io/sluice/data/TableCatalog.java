package io.sluice.data;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.sluice.ledger.LedgerName;
import io.sluice.sql.KeyColumn;
import io.sluice.sql.Statements;
import io.sluice.sql.TableName;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Mono;

/** Looks up in the catalog whether and by which key a table can be walked. Each refusal names what there is instead. */
final class TableCatalog {

    private static final String TABLE = """
            select c.oid::bigint as oid, c.relkind::text as kind, n.nspname::text as schema, c.relname::text as name
              from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.oid = to_regclass($1)
            """;

    /** Whole, valid unique indexes; NULLs in a key would be skipped by every comparison. */
    private static final String KEYS = """
            select ic.relname::text as name, i.indisprimary as is_primary,
                   array_agg(a.attname::text order by g.n) as columns,
                   array_agg(format_type(a.atttypid, a.atttypmod) order by g.n) as types,
                   bool_and(a.attnotnull) as not_null,
                   bool_and(co.oid is null or co.collisdeterministic) as deterministic,
                   bool_and(op.opcdefault and i.indcollation[g.n] = a.attcollation)
                       and count(distinct i.indoption[g.n] & 1) = 1 as plain_order
              from pg_index i
              join pg_class ic on ic.oid = i.indexrelid
             cross join lateral generate_series(0, i.indnkeyatts - 1) g (n)
              join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[g.n]
              join pg_opclass op on op.oid = i.indclass[g.n]
              left join pg_collation co on co.oid = i.indcollation[g.n]
             where i.indrelid = $1::oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
             group by ic.relname, i.indisprimary
             order by i.indisprimary desc, ic.relname
            """;

    private final LedgerName ledger;

    TableCatalog(LedgerName ledger) {
        this.ledger = ledger;
    }

    /** A unique index over whole rows. */
    private record Key(
            String name,
            boolean primary,
            List<KeyColumn> columns,
            boolean notNull,
            boolean deterministic,
            boolean plainOrder) {

        boolean isUsable() {
            return notNull && deterministic && plainOrder;
        }

        String describe() {
            return '"' + name + "\" ("
                    + String.join(", ", columns.stream().map(KeyColumn::name).toList()) + ')';
        }
    }

    private record Table(long oid, String kind, TableName name) {}

    /** Emits the key to walk by; errors with {@link DefinitionException} when there is none. */
    Mono<Keyset> keyset(Connection connection, Source source) {
        return Statements.queryOne(
                        connection, TABLE, TableCatalog::table, source.table().quoted())
                .switchIfEmpty(Mono.error(() -> noTable(source.table())))
                .flatMap(table -> isWalkable(table)
                        ? Statements.query(connection, KEYS, TableCatalog::key, table.oid)
                                .collectList()
                                .map(keys -> new Keyset(
                                        ledger.quoted(),
                                        table.name.quoted(),
                                        choose(source, keys).columns()))
                        : Mono.error(new DefinitionException(
                                source.table() + " is no table or partitioned table, and only these can be walked")));
    }

    static DefinitionException noTable(TableName table) {
        return new DefinitionException(
                "there is no table " + table + "; check its name, its schema and the search path");
    }

    private static boolean isWalkable(Table table) {
        return table.kind.equals("r") || table.kind.equals("p");
    }

    private static Key choose(Source source, List<Key> keys) {
        String index = source.index();
        Key chosen = keys.stream()
                .filter(key -> index == null ? key.primary : key.name.equals(index))
                .findFirst()
                .orElseThrow(() -> new DefinitionException((index == null
                                ? "table " + source.table() + " has no primary key"
                                : "table " + source.table() + " has no unique index \"" + index
                                        + "\" over whole rows and plain columns")
                        + instead(keys)));
        if (chosen.isUsable()) {
            return chosen;
        }
        String why = !chosen.notNull
                ? "has a column that may be NULL"
                : !chosen.deterministic
                        ? "has a nondeterministic collation"
                        : "mixes ascending and descending columns, or has an operator class or collation of its own";
        throw new DefinitionException("table " + source.table() + " cannot be walked by " + chosen.describe() + ": it "
                + why + instead(keys));
    }

    private static String instead(List<Key> keys) {
        List<String> usable = new ArrayList<>();
        keys.stream().filter(Key::isUsable).forEach(key -> usable.add(key.describe()));
        return usable.isEmpty()
                ? "; it has no unique index over columns that are NOT NULL, so add one"
                : "; walk it by one of its unique indexes, Source.table(…).by(…): " + String.join(", ", usable);
    }

    private static Table table(Readable row) {
        return new Table(
                requireNonNull(row.get("oid", Long.class)),
                requireNonNull(row.get("kind", String.class)),
                new TableName(
                        requireNonNull(row.get("schema", String.class)),
                        requireNonNull(row.get("name", String.class))));
    }

    private static Key key(Readable row) {
        String[] names = requireNonNull(row.get("columns", String[].class));
        String[] types = requireNonNull(row.get("types", String[].class));
        List<KeyColumn> columns = new ArrayList<>();
        for (int i = 0; i < names.length; i++) {
            columns.add(new KeyColumn(names[i], types[i]));
        }
        return new Key(
                requireNonNull(row.get("name", String.class)),
                is(row, "is_primary"),
                columns,
                is(row, "not_null"),
                is(row, "deterministic"),
                is(row, "plain_order"));
    }

    private static boolean is(Readable row, String column) {
        return Boolean.TRUE.equals(row.get(column, Boolean.class));
    }
}
