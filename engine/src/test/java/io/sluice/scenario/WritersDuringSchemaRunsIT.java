package io.sluice.scenario;

import static io.sluice.scenario.SchemaStage.SOON;
import static io.sluice.scenario.SchemaStage.index;
import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.sluice.EnqueueSchema;
import io.sluice.Sluice;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.schema.SchemaMigration;
import io.sluice.sql.Statements;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Who writes to a table goes on while its schema changes, and what is written is in the index. */
class WritersDuringSchemaRunsIT {

    private static final Logger LOG = LoggerFactory.getLogger(WritersDuringSchemaRunsIT.class);

    private static final int ROWS = Boolean.getBoolean("sluice.nightly") ? 2_000_000 : 100_000;

    private final Database database = TestDatabase.createDatabase();
    private final Sluice sluice = SchemaStage.instance(database, "one", SchemaStage.AT_ONCE);

    @AfterEach
    void close() {
        sluice.close().block(SOON);
        database.close();
    }

    @Test
    void anIndexIsBuiltWhileThousandsOfRowsASecondAreInserted() {
        database.execute(
                "create table users (id bigint generated always as identity primary key, email text)",
                "insert into users (email) select md5(n::text) from generate_series(1, " + ROWS + ") n");
        sluice.install().block(SOON);
        Writer writer = new Writer("insert into users (email) select md5(random()::text) from generate_series(1, 50)");

        Run run = writer.during(() -> SchemaStage.enqueued(
                sluice,
                EnqueueSchema.of(SchemaMigration.addIndex("users", "email")).inline()));

        assertThat(run.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(index(database, "users_email_idx")).startsWith("CREATE INDEX");
        assertThat(writer.statements.get() * 50)
                .as("rows that were written meanwhile")
                .isGreaterThan(500);
        assertThat(writer.longest()).as("longest wait of the writer").isLessThan(Duration.ofSeconds(1));
        String sum = "select count(*) || ' ' || sum(hashtext(email)::bigint) from users where email >= ''";
        assertThat(answer("set enable_seqscan = off; set enable_bitmapscan = off", sum))
                .isEqualTo(answer(
                        "set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off",
                        sum));
    }

    @Test
    void aForeignKeyIsValidatedWhileBothTablesAreWritten() {
        database.execute(
                "create table users (id bigint generated always as identity primary key, name text)",
                "insert into users (name) select 'N' from generate_series(1, 1000) n",
                "create table orders (id bigint generated always as identity primary key, user_id bigint)",
                "insert into orders (user_id) select 1 + n % 1000 from generate_series(1, " + ROWS + ") n",
                "alter table orders add constraint to_user foreign key (user_id) references users not valid");
        sluice.install().block(SOON);
        Writer writer = new Writer("insert into users (name) values ('new');"
                + " insert into orders (user_id) select 1 + n from generate_series(1, 20) n");

        Run run = writer.during(() -> SchemaStage.enqueued(
                sluice,
                EnqueueSchema.of(SchemaMigration.validateForeignKey("orders", "to_user"))
                        .inline()));

        assertThat(run.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(database.queryString("select convalidated::text from pg_constraint where conname = 'to_user'"))
                .isEqualTo("true");
        assertThat(writer.statements.get()).isPositive();
        assertThat(writer.longest()).isLessThan(Duration.ofSeconds(1));
    }

    private String answer(String settings, String query) {
        Connection connection = Mono.from(database.connectionFactory().create()).block(SOON);
        try {
            Statements.script(connection, settings).block(SOON);
            return Statements.queryOne(connection, query, row -> row.get(0, String.class))
                    .block(SOON);
        } finally {
            Mono.from(connection.close()).block(SOON);
        }
    }

    /** Says one statement again and again on a thread of its own, and how long the longest one took. */
    private final class Writer {

        private final String sql;
        private final AtomicBoolean stop = new AtomicBoolean();
        private final AtomicLong statements = new AtomicLong();
        private final AtomicLong longestNanos = new AtomicLong();

        Writer(String sql) {
            this.sql = sql;
        }

        Duration longest() {
            return Duration.ofNanos(longestNanos.get());
        }

        <T> T during(java.util.function.Supplier<T> work) {
            Thread thread = new Thread(this::write, "writer");
            thread.start();
            try {
                Watched.within(SOON, "the writer writes", () -> statements.get() > 5);
                return work.get();
            } finally {
                stop.set(true);
                join(thread);
                LOG.info("{} statements, the longest took {}", statements.get(), longest());
            }
        }

        private void write() {
            Connection connection =
                    Mono.from(database.connectionFactory().create()).block(SOON);
            while (!stop.get()) {
                long began = System.nanoTime();
                Statements.script(connection, sql).block(SOON);
                longestNanos.accumulateAndGet(System.nanoTime() - began, Math::max);
                statements.incrementAndGet();
            }
            Mono.from(connection.close()).block(SOON);
        }

        private static void join(Thread thread) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }
}
