package io.sluice.scenario;

import static io.sluice.scenario.SchemaStage.SOON;
import static io.sluice.scenario.SchemaStage.index;
import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.run.SchemaProgress;
import io.sluice.schema.AddIndex;
import io.sluice.schema.SchemaMigration;
import io.sluice.schema.SchemaSettings;
import io.sluice.shard.Shard;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.worker.WorkerSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** A build is given up only when it stands still where it could move, whoever makes it and whatever is cut on the way. */
class BuildsAreWatchedIT {

    private static final Duration STALL = Duration.ofSeconds(1);
    private static final AddIndex BY_EMAIL = SchemaMigration.addIndex("users", "email");

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final Connection stranger =
            Mono.from(database.connectionFactory().create()).block(SOON);

    /** A row is a page of its own, so that the server counts each. */
    @BeforeEach
    void create() {
        database.execute(
                "create table users (id bigint primary key, email text, page text)",
                "alter table users alter column page set storage plain",
                "create function took(n bigint, seconds float) returns bigint language plpgsql immutable as"
                        + " 'begin perform pg_sleep(seconds); return n; end'");
        Sluice ledger = instance(SchemaSettings.DEFAULTS);
        ledger.install().block(SOON);
    }

    @AfterEach
    void close() {
        Mono.from(stranger.close()).block(SOON);
    }

    @Test
    void oneThatStandsStillIsGivenUpAndLeavesNothing() {
        // more than the server reads ahead, and counts
        pages(200);
        Sluice sluice = instance(SchemaStage.AT_ONCE.withStall(STALL));
        Run run = SchemaStage.enqueued(sluice, BY_EMAIL.where("took(id, 20) > 0"));

        sluice.start().block(SOON);

        new Watched(database, run.id()).awaitStatus(RunStatus.FAILED, SOON);
        assertThat(sluice.run(run.id()).block(SOON).failure().message())
                .contains("no progress for PT1S in phase 'building index: scanning table'", "nobody is in the way");
        assertThat(index(database, "users_email_idx")).isNull();
        assertThat(SchemaStage.atWork(database)).isZero();
    }

    @Test
    void whatTheServerDoesNotCountDoesNotStandStill() {
        Sluice sluice = instance(SchemaStage.AT_ONCE.withStall(STALL));
        Run run = SchemaStage.enqueued(
                sluice,
                SchemaMigration.statementOutsideTransaction("slow", "users", "select took(1, 2.5) /* concurrently */"));

        sluice.start().block(SOON);

        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
    }

    @Test
    void askingForTheLockIsNotStandingStillAndSaysWhatItIs() {
        Sluice sluice = instance(SchemaStage.AT_ONCE.withStall(STALL));
        Statements.script(stranger, "begin; lock table users in access exclusive mode")
                .block(SOON);
        Run run = SchemaStage.enqueued(
                sluice,
                SchemaMigration.statementOutsideTransaction("other", "users", "vacuum users /* concurrently */"));
        sluice.start().block(SOON);
        Mono.delay(Duration.ofMillis(1500)).block(SOON);

        assertThat(progress(sluice, run).phase()).isEqualTo("asking for the lock");
        Statements.script(stranger, "commit").block(SOON);
        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
    }

    @Test
    void aBuildByAnotherRoleWithoutRightsToSeeItIsSeenThroughItsOwn() {
        pages(40);
        database.execute(
                "do $$ begin create role sluice_worker login; exception when duplicate_object then null; end $$",
                "do $$ begin create role sluice_builder login; exception when duplicate_object then null; end $$",
                "grant all on schema sluice to public",
                "grant all on all tables in schema sluice to public",
                "grant all on all sequences in schema sluice to public",
                "grant all on schema public to public",
                "grant all on users to sluice_worker",
                "alter table users owner to sluice_builder");
        Sluice sluice = story.kept(Sluice.builder()
                .shard(Shard.of("primary", as("sluice_worker")).withDirect(as("sluice_builder")))
                .worker(WorkerSettings.DEFAULTS.withWatch(Duration.ofMillis(50)))
                .schema(SchemaStage.AT_ONCE.withStall(STALL))
                .build());
        Run run = SchemaStage.enqueued(sluice, BY_EMAIL.where("took(id, 0.04) > 0"));
        List<Double> seen = new CopyOnWriteArrayList<>();
        sluice.schema().progress(run.id()).map(SchemaProgress::percent).subscribe(seen::add);

        sluice.start().block(SOON);

        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertThat(seen).as("percents").anyMatch(percent -> percent > 5 && percent < 90);
        Run second =
                SchemaStage.enqueued(sluice, BY_EMAIL.where("took(id, 20) > 0").name("second"));
        SchemaStage.awaitBuild(database);
        sluice.cancel(second.id()).block(SOON);
        new Watched(database, second.id()).awaitStatus(RunStatus.CANCELLED, SOON);
        assertThat(index(database, "second")).isNull();
    }

    @Test
    void progressMovesForAnotherInstanceAndNeverFallsAndEndsAtAHundred() {
        pages(120);
        Sluice sluice = instance(SchemaStage.AT_ONCE);
        Sluice other = instance(SchemaStage.AT_ONCE);
        Run run = SchemaStage.enqueued(sluice, BY_EMAIL.where("took(id, 0.03) > 0"));
        List<SchemaProgress> seen = new CopyOnWriteArrayList<>();
        var reading = other.schema().progress(run.id()).subscribe(seen::add);

        sluice.start().block(SOON);
        Watched.within(SOON, "the stream is over", reading::isDisposed);

        assertThat(seen).extracting(SchemaProgress::percent).isSorted().last().isEqualTo(100.0);
        assertThat(seen.stream().map(SchemaProgress::percent).distinct().count())
                .as("different percents in " + seen)
                .isGreaterThan(3);
        assertThat(seen).extracting(SchemaProgress::phase).anyMatch(phase -> phase.contains("scanning table"));
        assertThat(seen).anyMatch(it -> it.eta() != null);
    }

    @Test
    void aConnectionThatIsCutIsNotTheEndOfItsBuild() throws IOException {
        CountingProxy wire = new CountingProxy(database);
        Sluice sluice = story.kept(Sluice.builder()
                .shard(Shard.of("primary", database.connectionFactory())
                        .withDirect(wire.front().connectionFactory()))
                .worker(WorkerSettings.DEFAULTS.withWatch(Duration.ofMillis(50)))
                .schema(SchemaStage.AT_ONCE)
                .build());
        Statements.script(stranger, "begin; lock table users in row exclusive mode")
                .block(SOON);
        Run run = SchemaStage.enqueued(sluice, BY_EMAIL);
        sluice.start().block(SOON);
        SchemaStage.awaitAtWork(database, "create index concurrently%");
        long oid = database.queryLong("select 'users_email_idx'::regclass::oid::bigint");

        wire.close();
        Watched.within(
                SOON,
                "it waits for what goes on, and names who is in its way",
                () -> progress(sluice, run).phase().contains("earlier worker: waiting for writers")
                        && String.valueOf(progress(sluice, run).waitsFor()).contains("idle in transaction"));
        Statements.script(stranger, "commit").block(SOON);

        new Watched(database, run.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
        assertThat(database.queryLong("select 'users_email_idx'::regclass::oid::bigint"))
                .isEqualTo(oid);
        assertThat(sluice.run(run.id()).block(SOON).attempts().spent()).isZero();
    }

    @Test
    void aBuildThatFailsBehindAConnectionThatIsCutHasSpentAnAttemptAndLeavesNothing() throws IOException {
        database.execute("insert into users values (1, 'twice', ''), (2, 'twice', '')");
        Cut cut = cutWhileItWaits(BY_EMAIL.unique(), "create unique index concurrently%");

        new Watched(database, cut.run()).awaitStatus(RunStatus.ERRORED, SOON);
        assertThat(cut.now().attempts().spent()).isOne();
        assertThat(cut.now().failure().message()).contains("went on without a connection and came to nothing");
        assertThat(index(database, "users_email_idx")).isNull();
    }

    @Test
    void aReindexWhoseConnectionIsCutComesAgainAsAnotherAttempt() throws IOException {
        Cut cut = cutWhileItWaits(SchemaMigration.reindex("users", "users_pkey"), "reindex%");

        Watched.within(SOON, "an attempt is spent", () -> cut.now().attempts().spent() == 1);
    }

    /** A run whose connection was cut in the middle of its statement. */
    private record Cut(Sluice sluice, RunId run) {

        Run now() {
            return sluice.run(run).block(SOON);
        }
    }

    /** The statement waits for a stranger when its connection is cut, and may go on then; further connections lead to the server. */
    private Cut cutWhileItWaits(SchemaMigration migration, String statement) throws IOException {
        CountingProxy wire = new CountingProxy(database);
        AtomicReference<ConnectionFactory> way =
                new AtomicReference<>(wire.front().connectionFactory());
        Sluice sluice = story.kept(Sluice.builder()
                .shard(Shard.of("primary", database.connectionFactory()).withDirect(by(way)))
                .worker(WorkerSettings.DEFAULTS.withWatch(Duration.ofMillis(50)))
                .schema(SchemaStage.AT_ONCE)
                .build());
        Statements.script(stranger, "begin; lock table users in row exclusive mode")
                .block(SOON);
        Run run = SchemaStage.enqueued(sluice, migration);
        sluice.start().block(SOON);
        SchemaStage.awaitAtWork(database, statement);

        way.set(database.connectionFactory());
        wire.close();
        Watched.within(
                SOON,
                "it waits for what goes on",
                () -> progress(sluice, run).phase().contains("earlier worker"));
        Statements.script(stranger, "commit").block(SOON);
        return new Cut(sluice, run.id());
    }

    private static ConnectionFactory by(AtomicReference<ConnectionFactory> way) {
        return new ConnectionFactory() {
            @Override
            public Publisher<? extends Connection> create() {
                return way.get().create();
            }

            @Override
            public ConnectionFactoryMetadata getMetadata() {
                return way.get().getMetadata();
            }
        };
    }

    @Test
    void aTimeoutOfTransactionsThatTheDatabaseHasIsNotThatOfABuild() {
        pages(30);
        Sluice sluice = instance(SchemaStage.AT_ONCE);
        Run build = SchemaStage.enqueued(sluice, BY_EMAIL.where("took(id, 0.05) > 0"));
        Run statement = SchemaStage.enqueued(
                sluice, SchemaMigration.statement("slow", "users", "do 'begin perform pg_sleep(1.5); end'"));

        // longer than any short transaction of the ledger takes on a machine that is busy
        database.execute("do $$ begin if exists (select from pg_settings where name = 'transaction_timeout') then"
                + " execute 'alter database ' || quote_ident(current_database()) || ' set transaction_timeout = ''1s''';"
                + " end if; end $$");
        sluice.start().block(SOON);

        new Watched(database, build.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
        new Watched(database, statement.id()).awaitStatus(RunStatus.SUCCEEDED, SOON);
    }

    private Sluice instance(SchemaSettings settings) {
        return story.kept(SchemaStage.instance(database, "one", settings));
    }

    private ConnectionFactory as(String role) {
        return ConnectionFactories.get(database.options()
                .mutate()
                .option(ConnectionFactoryOptions.USER, role)
                .build());
    }

    private void pages(int rows) {
        database.execute(
                "insert into users select n, 'u' || n, repeat('x', 5000) from generate_series(1, " + rows + ") n");
    }

    private static SchemaProgress progress(Sluice instance, Run run) {
        return instance.schema().progress(run.id()).blockFirst(SOON);
    }
}
