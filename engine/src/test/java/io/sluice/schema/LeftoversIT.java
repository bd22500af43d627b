package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.SchemaRun;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** What an interrupted attempt leaves is found wherever it lies, and can be removed in the order in which it is told. */
class LeftoversIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = TestDatabase.createDatabase();
    private final Connections connections = new Connections("primary", database.connectionFactory());

    @AfterEach
    void close() {
        connections.close().block(SOON);
        database.close();
    }

    @Test
    void theIndexOfANestedPartitionThatIsNotAttachedYetGoesWithItsOwn() {
        database.execute(
                "create table logs (day int, line text) partition by list (day)",
                "create table nested partition of logs for values in (101, 102) partition by list (day)",
                "create table nested_1 partition of nested for values in (101)",
                "create table nested_2 partition of nested for values in (102)",
                "create index logs_line_idx on only logs (line)",
                "create index nested_logs_line_idx on only nested (line)",
                "create index nested_1_logs_line_idx on nested_1 (line)",
                "create index nested_2_logs_line_idx on nested_2 (line)",
                "alter index nested_logs_line_idx attach partition nested_1_logs_line_idx");

        removed(SchemaMigration.addIndex("logs", "line"), Change::undone);

        assertThat(database.queryLong("select count(*) from pg_class where relname like '%line_idx'"))
                .isZero();
    }

    @Test
    void aReindexLeavesThemOnPartitionsAndOutOfLineToo() {
        database.execute(
                "create table logs (day int, line text) partition by list (day)",
                "create table logs_1 partition of logs for values in (1)",
                "create index logs_1_ccnew on logs_1 (line)",
                "update pg_index set indisvalid = false where indexrelid = 'logs_1_ccnew'::regclass");
        // PostgreSQL makes no index of them but its own: so this one stands for what a reindex left
        String own = "(select indexrelid from pg_index where indrelid ="
                + " (select reltoastrelid from pg_class where oid = 'logs_1'::regclass))";
        database.execute(
                "update pg_index set indisvalid = false where indexrelid = " + own,
                "update pg_class set relname = relname || '_ccnew' where oid = " + own);

        removed(SchemaMigration.reindex("logs"), Change::leftovers);

        assertThat(database.queryLong("select count(*) from pg_class where relname like '%\\_ccnew'"))
                .isZero();
    }

    private void removed(SchemaMigration migration, BiFunction<Change, Connection, Flux<Step>> what) {
        SchemaRun run = new SchemaRun(
                migration.operation(),
                "public",
                migration.table().name(),
                migration.object(),
                migration.definition(),
                null,
                null,
                null,
                false,
                false);
        connections
                .lend(connection -> Changes.of(connection, run).flatMapMany(change -> what.apply(change, connection)))
                .collectList()
                .flatMapIterable(steps -> steps)
                .concatMap(step -> connections.dedicate(connection -> Statements.script(connection, step.statement())))
                .blockLast(SOON);
    }
}
