package io.sluice.data;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.sluice.sql.Statements;
import io.sluice.sql.TableName;
import reactor.core.publisher.Mono;

/** Looks up the columns of a table in the catalog. */
final class ColumnCatalog {

    /** A modifier of -1 is none; without one, format_type would write char(1) for a char of any length. */
    private static final String COLUMNS = """
            with recursive base (number, type) as (
                select a.attnum, a.atttypid from pg_attribute a
                 where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
                union all
                select b.number, t.typbasetype from base b join pg_type t on t.oid = b.type where t.typtype = 'd'
            )
            select a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type,
                   format_type(t.oid, -1) as plain_type, coalesce(e.typcategory, t.typcategory)::text as category,
                   t.typcategory = 'A' as is_array, a.attgenerated <> '' or a.attidentity = 'a' as computed
              from base b
              join pg_type t on t.oid = b.type and t.typtype <> 'd'
              join pg_attribute a on a.attrelid = to_regclass($1) and a.attnum = b.number
              left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
             order by a.attnum
            """;

    /** Emits the columns; errors with {@link DefinitionException} when there is no such table. */
    Mono<Columns> columns(Connection connection, TableName table) {
        return Statements.query(connection, COLUMNS, ColumnCatalog::column, table.quoted())
                .collectList()
                .flatMap(columns -> columns.isEmpty()
                        ? Mono.error(TableCatalog.noTable(table))
                        : Mono.just(new Columns(table, columns)));
    }

    private static Columns.Column column(Readable row) {
        return new Columns.Column(
                requireNonNull(row.get("name", String.class)),
                requireNonNull(row.get("type", String.class)),
                requireNonNull(row.get("plain_type", String.class)),
                requireNonNull(row.get("category", String.class)),
                requireNonNull(row.get("is_array", Boolean.class)),
                requireNonNull(row.get("computed", Boolean.class)));
    }
}
