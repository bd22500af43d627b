package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.sluice.schema.IndexCatalog.Found;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Whose an invalid index is: one that somebody else is building must not be taken for a leftover. */
class IndexCatalogIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = TestDatabase.createDatabase();

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void anInvalidIndexIsSomebodysWhileSomebodyHoldsTheLockOfABuildAndNobodysAfterwards() {
        database.execute(
                "create table users (id int)",
                "create index users_id_idx on users (id)",
                "update pg_index set indisvalid = false where indexrelid = 'users_id_idx'::regclass");
        Connection builder = connection();
        int pid = Mono.from(builder.beginTransaction())
                .then(Statements.script(builder, "lock table users in share update exclusive mode"))
                .then(Statements.queryOne(
                        builder, "select pg_backend_pid() as pid", row -> row.get("pid", Integer.class)))
                .block(SOON);

        assertThat(found().builder()).isEqualTo(pid);

        Mono.from(builder.rollbackTransaction())
                .then(Mono.from(builder.close()))
                .block(SOON);
        assertThat(found().builder()).isNull();
    }

    @Test
    void aVacuumThatTakesHoursIsNotTakenForABuilder() {
        database.execute(
                "create table users (id int)",
                "insert into users select n from generate_series(1, 20000) n",
                "create index users_id_idx on users (id)",
                "update pg_index set indisvalid = false where indexrelid = 'users_id_idx'::regclass");

        try (SlowVacuum vacuum = new SlowVacuum(database, "users")) {
            assertThat(vacuum.isAtWork()).isTrue();
            assertThat(found().builder()).isNull();
        }
    }

    private Found found() {
        return Mono.usingWhen(
                        database.connectionFactory().create(),
                        connection -> new IndexCatalog().find(connection, "public", "users_id_idx"),
                        Connection::close)
                .block(SOON);
    }

    private Connection connection() {
        return Mono.from(database.connectionFactory().create()).block(SOON);
    }
}
