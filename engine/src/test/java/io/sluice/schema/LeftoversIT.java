package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.SchemaRun;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

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

    @Test
    void anIndexOfSomebodyElseThatHasTheNameOfOursStays() {
        database.execute(
                "create table logs (day int, line text) partition by list (day)",
                "create table logs_1 partition of logs for values in (1)",
                "create table logs_2 partition of logs for values in (2)",
                "create index logs_line_idx on only logs (line)",
                "create index logs_1_logs_line_idx on logs_1 (day)",
                "create index logs_2_logs_line_idx on logs_2 (line)");

        removed(SchemaMigration.addIndex("logs", "line"), Change::undone);

        assertThat(database.query("select relname::text from pg_class where relname like '%line_idx'"))
                .isEqualTo(List.of(List.of("logs_1_logs_line_idx")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"users", "logs"})
    void anInvalidOneThatSomebodyIsAtIsNotPassedOverInSilence(String table) {
        database.execute(
                "create table users (id int)",
                "create index users_id_idx on users (id)",
                "create table logs (id int) partition by list (id)",
                "create table logs_1 partition of logs for values in (1)",
                "create index logs_1_logs_id_idx on logs_1 (id)",
                "update pg_index set indisvalid = false where indexrelid in ('users_id_idx'::regclass,"
                        + " 'logs_1_logs_id_idx'::regclass)");
        Connection vacuum = Mono.from(database.connectionFactory().create()).block(SOON);
        Mono.from(vacuum.beginTransaction())
                .then(Statements.script(vacuum, "lock table users, only logs_1 in share update exclusive mode"))
                .block(SOON);
        SchemaMigration index = SchemaMigration.addIndex(table, "id");

        assertThatThrownBy(() -> removed(index, Change::leftovers)).hasMessageContaining("is at index");
        assertThatThrownBy(() -> removed(index, Change::undone)).hasMessageContaining("is at index");

        Mono.from(vacuum.rollbackTransaction()).then(Mono.from(vacuum.close())).block(SOON);
        removed(index, Change::leftovers);
        assertThat(database.queryLong("select count(*) from pg_index where indrelid = '" + table
                        + "'::regclass or indrelid = '" + table.replace("logs", "logs_1") + "'::regclass"))
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
                .transaction(connection -> Changes.of(connection, run)
                        .flatMapMany(change -> what.apply(change, connection))
                        .collectList())
                .flatMapIterable(steps -> steps)
                .concatMap(step -> connections.dedicate(connection -> Statements.script(connection, step.statement())))
                .blockLast(SOON);
    }
}
