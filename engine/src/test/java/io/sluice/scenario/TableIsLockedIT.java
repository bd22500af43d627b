package io.sluice.scenario;

import static io.sluice.scenario.SchemaStage.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.schema.SchemaMigration;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** A session that has the table for itself keeps even a look at its indexes waiting; that is nobody's failure. */
class TableIsLockedIT {

    private final Database database = TestDatabase.createDatabase();
    private final Sluice sluice = SchemaStage.instance(database, "one", SchemaStage.AT_ONCE);

    @AfterEach
    void close() {
        sluice.close().block(SOON);
        database.close();
    }

    @Test
    void theRunSaysSoSpendsNoAttemptAndGoesOnAfterwards() {
        database.execute("create table users (id bigint primary key, email text)");
        sluice.install().block(SOON);
        Run run = SchemaStage.enqueued(sluice, SchemaMigration.addIndex("users", "email"));
        Connection owner = Mono.from(database.connectionFactory().create()).block(SOON);
        Mono.from(owner.beginTransaction())
                .then(Statements.script(owner, "lock table users in access exclusive mode"))
                .block(SOON);

        Run left = SchemaStage.worked(sluice);

        assertThat(left.status()).isEqualTo(RunStatus.ENQUEUED);
        assertThat(left.attempts().spent()).isZero();
        assertThat(database.queryString("select throttle_reason from sluice.run"))
                .contains("locked", "users", "AccessExclusiveLock");
        database.execute("update sluice.run set next_attempt_at = null");
        Run again = SchemaStage.worked(sluice);
        assertThat(database.queryLong("select (progress ->> 'refused')::bigint from sluice.schema_run"))
                .isEqualTo(2);
        assertThat(again.attempts().spent()).isZero();
        Mono.from(owner.rollbackTransaction()).then(Mono.from(owner.close())).block(SOON);
        sluice.start().block(SOON);
        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertThat(SchemaStage.index(database, "users_email_idx")).startsWith("CREATE INDEX");
    }
}
