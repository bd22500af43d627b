package io.sluice.scenario;

import static io.sluice.scenario.SchemaStage.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.sluice.Sluice;
import io.sluice.lock.LockRetrier;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.schema.SchemaMigration;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/** The lock that keeps everybody out is asked for in short attempts, so that a long reader holds up the run and nobody else. */
class ConstraintIsAttachedUnderTrafficIT {

    private static final Duration LOCK_TIMEOUT = Duration.ofMillis(100);

    private static final SchemaMigration ATTACH =
            SchemaMigration.attachUniqueConstraint("users", "users_email_key", "users_email_unique");

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();
    private final Sluice sluice = story.kept(SchemaStage.instance(
            database,
            "one",
            SchemaStage.AT_ONCE.withLocks(LockRetrier.constant(300, LOCK_TIMEOUT, Duration.ofMillis(50)))));
    private final Connection reader =
            Mono.from(database.connectionFactory().create()).block(SOON);

    @BeforeEach
    void create() {
        database.execute(
                "create table users (id bigint generated always as identity primary key, email text)",
                "insert into users (email) select md5(n::text) from generate_series(1, 1000) n",
                "create unique index users_email_unique on users (email)");
        sluice.install().block(SOON);
    }

    @AfterEach
    void close() {
        Mono.from(reader.close()).block(SOON);
    }

    @Test
    void itIsAskedForAgainAndAgainAndNoWriterWaitsForLong() {
        say("begin; select count(*) from users");
        int holder = Statements.queryOne(reader, "select pg_backend_pid() as pid", row -> row.get("pid", Integer.class))
                .block(SOON);
        Writer writer = new Writer();
        writer.start();
        Run run = SchemaStage.enqueued(sluice, ATTACH);
        Watched watched = new Watched(database, run.id());

        sluice.start().block(SOON);
        Watched.within(SOON, "it was asked for five times", () -> attempts(run).size() >= 5);
        assertThat(watched.status()).isEqualTo("RUNNING");
        assertThat(constraints()).isZero();
        say("commit");
        watched.awaitStatus(RunStatus.SUCCEEDED, SOON);
        writer.stop();

        assertThat(constraints()).isOne();
        assertThat(attempts(run))
                .anyMatch(it -> it.contains("attach constraint users_email_key")
                        && it.contains("pid " + holder)
                        && it.contains("AccessShareLock"));
        assertThat(sluice.run(run.id()).block(SOON).attempts().spent()).isZero();
        assertThat(writer.statements.get())
                .as("statements that were written meanwhile")
                .isGreaterThan(20);
        assertThat(writer.longest()).as("longest wait of the writer").isLessThan(Duration.ofSeconds(1));
    }

    @Test
    void itIsCancelledBetweenTwoAttemptsAndTheIndexStays() {
        say("begin; select count(*) from users");
        Run run = SchemaStage.enqueued(sluice, ATTACH);
        sluice.start().block(SOON);
        Watched.within(SOON, "it was asked for twice", () -> attempts(run).size() >= 2);

        sluice.cancel(run.id()).block(SOON);

        new Watched(database, run.id()).awaitStatus(RunStatus.CANCELLED, SOON);
        say("commit");
        assertThat(constraints()).isZero();
        assertThat(SchemaStage.index(database, "users_email_unique")).startsWith("CREATE UNIQUE INDEX");
        assertThat(SchemaStage.atWork(database)).isZero();
    }

    private List<String> attempts(Run run) {
        return SchemaStage.notes(database, run).stream()
                .filter(note -> note.startsWith("attempt "))
                .toList();
    }

    private long constraints() {
        return database.queryLong("select count(*) from pg_constraint where conname = 'users_email_key'");
    }

    private void say(String sql) {
        Statements.script(reader, sql).block(SOON);
    }

    /** Inserts one row after the other on a thread of its own, and knows how long the longest one took. */
    private final class Writer {

        private final AtomicBoolean stop = new AtomicBoolean();
        private final AtomicLong statements = new AtomicLong();
        private final AtomicLong longestNanos = new AtomicLong();
        private final Thread thread = new Thread(this::write, "writer");

        void start() {
            thread.start();
            Watched.within(SOON, "the writer writes", () -> statements.get() > 5);
        }

        void stop() {
            stop.set(true);
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }

        Duration longest() {
            return Duration.ofNanos(longestNanos.get());
        }

        private void write() {
            Connection connection =
                    Mono.from(database.connectionFactory().create()).block(SOON);
            while (!stop.get()) {
                long began = System.nanoTime();
                Statements.script(connection, "insert into users (email) select md5(random()::text)")
                        .block(SOON);
                longestNanos.accumulateAndGet(System.nanoTime() - began, Math::max);
                statements.incrementAndGet();
            }
            Mono.from(connection.close()).block(SOON);
        }
    }
}
