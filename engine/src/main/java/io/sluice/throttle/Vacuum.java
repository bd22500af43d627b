package io.sluice.throttle;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.sluice.sql.Statements;
import io.sluice.sql.TableName;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Vacuums, of autovacuum or by hand, that are at work on the table of a run or one of its partitions. What the run writes
 * meanwhile, they have to do again.
 *
 * <p>Sees {@code pg_stat_progress_vacuum} (the manual, section 27.4.5). A role without {@code pg_monitor} does not see on which
 * table, so while any vacuum is at work in the database the number is unknown.
 */
public final class Vacuum {

    private static final String AT_WORK = """
            select (count(*) filter (where p.relid in (select t.relid from pg_partition_tree(to_regclass($1)) t
                                                        union all select to_regclass($1))))::float8 as vacuums,
                   coalesce(bool_or(p.relid is null), false) as hidden, min(p.phase) as phase
              from pg_stat_progress_vacuum p where p.datname = current_database()
            """;

    private Vacuum() {}

    /** While one is at work there is no sub-batch. */
    public static Signal onTheTable() {
        return signal(1);
    }

    /**
     * While one is at work the run goes on at a share of full speed.
     *
     * @param share above 0, below 1
     */
    public static Signal onTheTableSlowsTo(double share) {
        if (!(share > 0 && share < 1)) {
            throw new IllegalArgumentException("the share of full speed must be between 0 and 1, was " + share);
        }
        return signal(1 / (1 - share));
    }

    private static Signal signal(double hard) {
        return Signal.ofTable(
                "vacuum on the table",
                new Limits(0, hard, Unit.COUNT),
                time -> (connection, table) -> look(connection, requireNonNull(table)));
    }

    private static Mono<Reading> look(Connection connection, TableName table) {
        return Statements.queryOne(
                connection,
                AT_WORK,
                row -> {
                    if (Boolean.TRUE.equals(row.get("hidden", Boolean.class))) {
                        return Reading.hidden("pg_stat_progress_vacuum, and a vacuum is at work");
                    }
                    double vacuums = requireNonNull(row.get("vacuums", Double.class));
                    return Reading.of(vacuums, words(vacuums, table, row.get("phase", String.class)));
                },
                table.quoted());
    }

    private static String words(double vacuums, TableName table, @Nullable String phase) {
        return "vacuums at work on table " + table + ": " + Unit.COUNT.words(vacuums) + " (" + phase + ")";
    }
}
