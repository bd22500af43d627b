package io.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Enqueue;
import io.sluice.Enqueued;
import io.sluice.Sluice;
import io.sluice.data.builtin.BackfillColumn;
import io.sluice.data.builtin.Cast;
import io.sluice.data.builtin.CopyColumn;
import io.sluice.data.builtin.DeleteAssociatedRecords;
import io.sluice.data.builtin.DeleteOrphanedRecords;
import io.sluice.data.builtin.PerformActionOnRelation;
import io.sluice.data.builtin.ReadyMade;
import io.sluice.data.builtin.RelatedRows;
import io.sluice.data.builtin.ResetCounters;
import io.sluice.run.Run;
import io.sluice.run.RunGroup;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What docs/guides/ready-made-migrations.md shows: each from Java and from SQL, which must be the same run. */
class ReadyMadeMigrationsGuideIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String SQL = "engine/src/test/resources/io/sluice/docs/ready-made.sql";

    private final Database database = TestDatabase.createDatabase();
    private final Sluice sluice =
            Sluice.builder().shard("main", database.connectionFactory()).build();

    @BeforeEach
    void tables() {
        database.execute(
                "create schema app",
                "create table app.users (id bigint primary key, name text, email text, email_lower text, plan text, tags text[],"
                        + " born text, born_on date, shouted text, note text, token uuid)",
                "insert into app.users (id, name, email, plan, born) select n, 'n' || n, 'U' || n || '@x.org',"
                        + " case n % 4 when 0 then 'trial' when 1 then 'basic' when 2 then 'free' end,"
                        + " case when n > 20 then '2001-02-03' end from generate_series(1, 50) n",
                "create table app.posts (id bigint primary key, comments_count int, tags_count int, updated_at timestamptz)",
                "insert into app.posts select n, 7, 7 from generate_series(1, 10) n",
                "create table app.comments (id bigint primary key, post_id bigint, author_id bigint)",
                "insert into app.comments select n, n % 20, 40 + n % 20 from generate_series(1, 100) n",
                "create table app.tags (id bigint primary key, internal boolean)",
                "insert into app.tags values (1, false), (2, true)",
                "create table app.taggings (tag_id bigint, post_id bigint)",
                "insert into app.taggings values (1, 1), (2, 1), (1, 2)");
        sluice.install().block(SOON);
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
    }

    @Test
    void fromSqlOrFromJava() {
        database.execute(Pages.region(SQL + "#copy"));
        // tag::copy[]
        CopyColumn copy = CopyColumn.of("app.users").column("name", "full_name");

        Flux<Enqueued> enqueued = sluice.enqueue(Enqueue.of(copy));
        // end::copy[]

        assertThat(enqueued.blockLast(SOON).created()).isFalse();
        assertSucceeds();
        assertThat(count("app.users where full_name = name")).isEqualTo(50);
        // tag::gate[]
        Mono<RunGroup> gate = sluice.ensureSucceeded(copy.name(), copy.arguments());
        // end::gate[]
        assertThat(gate.block(SOON)).isNotNull();
    }

    @Test
    void backfill() {
        // tag::backfill[]
        BackfillColumn plans = BackfillColumn.of("app.users")
                .value("plan", "free")
                .value("tags", List.of("new"))
                .expression("email_lower", "lower(email)");
        // end::backfill[]

        same("backfill", plans);

        assertThat(count("app.users where plan = 'free' and tags = '{new}' and email_lower = lower(email)"))
                .isEqualTo(50);
    }

    @Test
    void onlyWhatIsMissing() {
        // tag::only-null[]
        BackfillColumn tokens = BackfillColumn.of("app.users")
                .expression("token", "gen_random_uuid()")
                .value("plan", "none")
                .onlyNull();
        // end::only-null[]

        sluice.enqueue(Enqueue.of(tokens)).blockLast(SOON);
        assertSucceeds();

        assertThat(count("app.users where token is not null")).isEqualTo(50);
        assertThat(count("app.users where plan = 'none'")).isEqualTo(12);
    }

    @Test
    void copyThroughCasts() {
        // tag::casts[]
        CopyColumn copies = CopyColumn.of("app.users")
                .column("name", "shouted", Cast.function("upper"))
                .column("born", "born_on", Cast.expression("born::date"));
        // end::casts[]

        same("casts", copies);

        assertThat(count("app.users where shouted = upper(name)")).isEqualTo(50);
        assertThat(count("app.users where born_on = '2001-02-03'")).isEqualTo(30);
    }

    @Test
    void deleteWhatBelongsToOne() {
        // tag::associated[]
        DeleteAssociatedRecords ofOne =
                DeleteAssociatedRecords.of("app.comments").belongingTo("author_id", 42);
        // end::associated[]

        same("associated", ofOne);

        assertThat(count("app.comments")).isEqualTo(95);
    }

    @Test
    void deleteWhatBelongsToNobody() {
        // tag::orphaned[]
        DeleteOrphanedRecords orphans = DeleteOrphanedRecords.of("app.comments")
                .lacking(RelatedRows.in("app.posts").on("id", "post_id"))
                .lacking(RelatedRows.in("app.users").on("id", "author_id"));
        // end::orphaned[]

        same("orphaned", orphans);

        assertThat(count("app.comments where post_id not between 1 and 10 and author_id > 50"))
                .isZero();
        assertThat(count("app.comments")).isEqualTo(55);
    }

    @Test
    void deleteOrUpdateTheRowsOfACondition() {
        // tag::action[]
        PerformActionOnRelation delete = PerformActionOnRelation.delete("app.users")
                .having("plan", List.of("trial", "test"))
                .having("born", null);

        PerformActionOnRelation update = PerformActionOnRelation.update("app.users")
                .having("plan", "basic")
                .where("email like '%@x.org'")
                .set("plan", "free");
        // end::action[]

        same("action", delete, update);

        assertThat(count("app.users")).isEqualTo(45);
        assertThat(count("app.users where plan = 'free'")).isEqualTo(26);
    }

    @Test
    void resetCounters() {
        // tag::counters[]
        ResetCounters counters = ResetCounters.of("app.posts")
                .counter("comments_count", RelatedRows.in("app.comments").on("post_id", "id"))
                .counter(
                        "tags_count",
                        RelatedRows.in("app.tags")
                                .on("id", "tag_id")
                                .where("not internal")
                                .through(RelatedRows.in("app.taggings").on("post_id", "id")))
                .touch();
        // end::counters[]

        same("counters", counters);

        assertThat(count("app.posts where comments_count = 5 and updated_at is not null"))
                .isEqualTo(10);
        assertThat(database.queryLong("select sum(tags_count) from app.posts")).isEqualTo(2);
    }

    /** What SQL has enqueued is what Java would enqueue; then it runs. */
    private void same(String region, ReadyMade... migrations) {
        database.execute(Pages.region(SQL + "#" + region));
        for (ReadyMade migration : migrations) {
            assertThat(sluice.enqueue(Enqueue.of(migration)).blockLast(SOON).created())
                    .as(migration.arguments().toJson())
                    .isFalse();
        }
        for (int i = 0; i < migrations.length; i++) {
            assertSucceeds();
        }
    }

    private void assertSucceeds() {
        Run run = sluice.runOnce().blockLast(SOON);
        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
    }

    private long count(String rows) {
        return database.queryLong("select count(*) from " + rows);
    }
}
