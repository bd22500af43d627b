package io.sluice.scenario;

import static io.sluice.scenario.SchemaStage.SOON;
import static io.sluice.scenario.SchemaStage.index;
import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.schema.AddIndex;
import io.sluice.schema.SchemaMigration;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

/** In whichever phase a build is when its worker is killed, or when it is cancelled: a valid index, or nothing. */
class BuildPhaseIsInterruptedIT {

    /** Ten milliseconds each. */
    private static final int SLOW_ROWS = 150;

    /** Where something must be done while they are judged, and the machine does other things, too. */
    private static final int SLOWER_ROWS = 600;

    /** What keeps a build in a phase for long enough to be met there. */
    enum Held {
        WRITERS("waiting for writers before build", "begin; lock table users in row exclusive mode", null),
        BUILDING("building index", "select 1", "is_wanted(id)"),
        WRITERS_AGAIN(
                "waiting for writers before validation",
                "begin; lock table users in row exclusive mode",
                "is_wanted(id)"),
        VALIDATING("index validation", "select 1", "is_wanted(id)"),
        SNAPSHOTS(
                "waiting for old snapshots",
                "begin isolation level repeatable read; select count(*) from elsewhere",
                null);

        private final String phase;
        private final String by;
        private final String where;

        Held(String phase, String by, String where) {
            this.phase = phase;
            this.by = by;
            this.where = where;
        }

        AddIndex index() {
            AddIndex index = SchemaMigration.addIndex("users", "email");
            return where == null ? index : index.where(where);
        }
    }

    static Stream<Held> killedIn() {
        return Boolean.getBoolean("sluice.nightly") ? Stream.of(Held.values()) : Stream.of(Held.SNAPSHOTS);
    }

    static Stream<Held> cancelledIn() {
        return Boolean.getBoolean("sluice.nightly") ? Stream.of(Held.values()) : Stream.of(Held.VALIDATING);
    }

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final Sluice sluice = story.kept(SchemaStage.instance(database, "one", SchemaStage.AT_ONCE));
    private final Connection stranger =
            Mono.from(database.connectionFactory().create()).block(SOON);

    @AfterEach
    void close() {
        Mono.from(stranger.close()).block(SOON);
    }

    @ParameterizedTest
    @MethodSource("killedIn")
    void aWorkerThatIsKilledLeavesItsBuildToTheNextOne(Held held) {
        prepare(held == Held.WRITERS_AGAIN ? SLOWER_ROWS : SLOW_ROWS);
        ChildWorker worker = story.child("victim");
        // it waits for transactions that are old, so there must be none before it looks
        Watched.within(
                Story.ONCE_STARTED,
                "the worker looks for work",
                () -> !worker.said().isEmpty());
        hold(held);
        Run run = SchemaStage.enqueued(sluice, held.index());
        awaitPhase(held);
        worker.kill();
        assertThat(SchemaStage.atWork(database)).as("the server builds on").isOne();

        sluice.start().block(SOON);
        Watched watched = new Watched(database, run.id());
        Watched.within(
                SOON,
                "the other one has it",
                () -> "one".equals(watched.owner()) || watched.status().equals("SUCCEEDED"));
        say("rollback");

        watched.awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertThat(index(database, "users_email_idx")).startsWith("CREATE INDEX");
        assertThat(database.queryLong(
                        "select attempts from sluice.run where id = " + run.id().number()))
                .isZero();
    }

    @ParameterizedTest
    @MethodSource("cancelledIn")
    void aBuildThatIsCancelledLeavesNothing(Held held) {
        prepare(held == Held.WRITERS_AGAIN ? SLOWER_ROWS : SLOW_ROWS);
        hold(held);
        Run run = SchemaStage.enqueued(sluice, held.index());
        sluice.start().block(SOON);
        awaitPhase(held);

        sluice.cancel(run.id()).block(SOON);
        Watched.within(
                SOON,
                "the build is over",
                () -> database.queryLong(
                                "select count(*) from pg_stat_progress_create_index where datname = current_database()")
                        == 0);
        say("rollback");

        new Watched(database, run.id()).awaitStatus(RunStatus.CANCELLED, SOON);
        assertThat(index(database, "users_email_idx")).isNull();
        assertThat(SchemaStage.atWork(database)).isZero();
    }

    /** Rows that are not wanted are judged by the build and once more by the validation, and judging takes its time. */
    private void prepare(int rows) {
        database.execute(
                "create table users (id bigint primary key, email text)",
                "insert into users select n, 'u' || n from generate_series(1, " + rows + ") n",
                "create table elsewhere (id int)",
                "create function is_wanted(bigint) returns boolean language plpgsql immutable as"
                        + " 'begin perform pg_sleep(0.01); return false; end'");
        sluice.install().block(SOON);
    }

    private void hold(Held held) {
        if (held != Held.WRITERS_AGAIN) {
            say(held.by);
        }
    }

    private void awaitPhase(Held held) {
        if (held == Held.WRITERS_AGAIN) {
            awaitPhase(Held.BUILDING.phase);
            say(held.by);
        }
        awaitPhase(held.phase);
    }

    private void awaitPhase(String phase) {
        Watched.within(
                Story.ONCE_STARTED,
                "the build is " + phase,
                () -> database.queryLong("select count(*) from pg_stat_progress_create_index"
                                + " where datname = current_database() and phase like '" + phase + "%'")
                        > 0);
    }

    private void say(String sql) {
        Statements.script(stranger, sql).block(SOON);
    }
}
