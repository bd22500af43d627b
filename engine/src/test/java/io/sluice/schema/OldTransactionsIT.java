package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.r2dbc.spi.Connection;
import io.sluice.lock.Blocker;
import io.sluice.lock.Blockers;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Who would stall a build is found whatever he holds, and whoever looks for him does not queue up behind him. */
class OldTransactionsIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    /** Everything that there is was there at the first look. */
    private static final Instant LATER = Instant.parse("2100-01-01T00:00:00Z");

    private final Database database = TestDatabase.createDatabase();
    private final Connections connections = new Connections("primary", database.connectionFactory());
    private final OldTransactions old = new OldTransactions(new Blockers(connections, false));
    private final Connection stranger =
            Mono.from(database.connectionFactory().create()).block(SOON);

    @BeforeEach
    void create() {
        database.execute(
                "create table logs (day int, line text) partition by list (day)",
                "create table nested partition of logs for values in (1, 2) partition by list (day)",
                "create table logs_1 partition of nested for values in (1)");
    }

    @AfterEach
    void close() {
        Mono.from(stranger.close()).block(SOON);
        connections.close().block(SOON);
        database.close();
    }

    @Test
    void whoHasOnePartitionForHimselfIsNamedWithoutWaitingForHim() {
        say("begin; lock table only logs_1 in access exclusive mode");

        assertThat(found(Duration.ofSeconds(5)))
                .singleElement()
                .extracting(Blocker::locks)
                .isEqualTo("AccessExclusiveLock");
    }

    @Test
    void aPreparedTransactionThatWroteToAPartitionIsFound() {
        assumeTrue(
                database.queryLong("select current_setting('max_prepared_transactions')::bigint") > 0,
                "the server takes no prepared transactions");
        say("begin; insert into logs values (1, 'x'); prepare transaction 'sluice_left'");
        try {
            assertThat(found(SOON)).singleElement().satisfies(it -> {
                assertThat(it.pid()).isZero();
                assertThat(it.application()).isEqualTo("sluice_left");
                assertThat(it.locks()).isEqualTo("RowExclusiveLock");
            });
        } finally {
            say("rollback prepared 'sluice_left'");
        }
        assertThat(found(SOON)).isEmpty();
    }

    @Test
    void whoHasGrownOldSinceTheFirstLookIsWaitedForOnlyWithALockAndNotForHours() {
        Instant firstLook = Instant.now().minusSeconds(5);
        say("begin isolation level repeatable read; select 1");
        assertThat(found(firstLook)).isEmpty();
        say("commit");
        say("begin; lock table only logs_1 in row exclusive mode");

        assertThat(found(firstLook)).hasSize(1);
        assertThat(found(firstLook.minus(Duration.ofHours(1)))).isEmpty();
        assertThat(found(LATER)).as("who was there").hasSize(1);
        say("commit");
    }

    private List<Blocker> found(Instant firstLook) {
        return connections
                .lendOne(connection -> old.find(connection, "logs", Duration.ZERO, firstLook))
                .block(SOON);
    }

    private List<Blocker> found(Duration within) {
        return connections
                .lendOne(connection -> old.find(connection, "logs", Duration.ZERO, LATER))
                .block(within);
    }

    private void say(String sql) {
        Statements.script(stranger, sql).block(SOON);
    }
}
