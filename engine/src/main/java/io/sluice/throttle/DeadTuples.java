package io.sluice.throttle;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.sluice.sql.Statements;
import io.sluice.sql.TableName;
import reactor.core.publisher.Mono;

/**
 * The share of dead rows in the table of a run, its partitions included, as the server estimates it: {@code
 * pg_stat_all_tables} (the manual, section 27.2.19). Told beside it is how many of the updates were HOT: those need no new index
 * entries and clean up after themselves, if there is free space in the pages and no index on what is written. Any role may see
 * both.
 */
public final class DeadTuples {

    private static final double SOFT = 0.1;
    private static final double HARD = 0.2;

    /** Below this nobody cares, and no autovacuum would come. */
    private static final long FEW = 10_000;

    private static final String DEAD = """
            select sum(s.n_dead_tup)::float8 as dead, sum(s.n_live_tup)::float8 as live,
                   sum(s.n_tup_upd)::float8 as updates, sum(s.n_tup_hot_upd)::float8 as hot
              from pg_stat_all_tables s
             where s.relid in (select t.relid from pg_partition_tree(to_regclass($1)) t union all select to_regclass($1))
            """;

    private DeadTuples() {}

    /** Slower from 10 % dead rows, limit 20 %, as soon as there are 10 000. */
    public static Signal inTheTable() {
        return inTheTable(SOFT, HARD);
    }

    /**
     * As soon as there are 10 000 dead rows. Only a vacuum brings the share down: keep the limit above what makes autovacuum come.
     *
     * @param soft share of dead rows among all, 0 to 1
     * @param hard share of dead rows among all, 0 to 1
     */
    public static Signal inTheTable(double soft, double hard) {
        return Signal.ofTable(
                "the share of dead rows",
                new Limits(soft, hard, Unit.SHARE),
                time -> (connection, table) -> look(connection, requireNonNull(table)));
    }

    private static Mono<Reading> look(Connection connection, TableName table) {
        return Statements.queryOne(connection, DEAD, row -> reading(row, table), table.quoted());
    }

    private static Reading reading(Readable row, TableName table) {
        Double dead = row.get("dead", Double.class);
        if (dead == null) {
            return Reading.unknown("there are no statistics of table " + table);
        }
        double all = dead + requireNonNull(row.get("live", Double.class));
        double updates = requireNonNull(row.get("updates", Double.class));
        double share = dead < FEW ? 0 : dead / all;
        return Reading.of(
                share,
                Unit.SHARE.words(share) + " of the rows of table " + table + " are dead ("
                        + Unit.SHARE.words(updates == 0 ? 1 : requireNonNull(row.get("hot", Double.class)) / updates)
                        + " of its updates were HOT)");
    }
}
