package io.sluice.data.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Enqueue;
import io.sluice.data.DefinitionException;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ResetCountersIT {

    private static final String WEIRD = "\"Order Items\".\"weird \"\"name\"\"\"";

    @RegisterExtension
    private final Trial trial = new Trial();

    /** Posts with a key of two columns, their comments and their tags; the counters of (1, 1) are right. */
    private void posts() {
        trial.database()
                .execute(
                        "create schema \"Order Items\"",
                        "create table " + WEIRD
                                + " (tenant int, \"the {id}\" int, \"Comments\" int, shown smallint default 0, tags bigint,"
                                + " updated_at timestamptz default '2000-01-01Z', checked_on date, primary key (tenant, \"the {id}\"))",
                        "create table comments (id int primary key, tenant int, post_id int, hidden boolean)",
                        "create table tags (id int primary key, name text)",
                        "create table taggings (tag_id int, tenant int, post_id int)",
                        "insert into " + WEIRD
                                + " values (1, 1, 2, 1, 2), (1, 2, null, 0, 0), (1, 3, 7, 7, null), (2, 1, 0, 0, 0)",
                        "insert into comments values (1, 1, 1, false), (2, 1, 1, true), (3, 1, 2, false), (4, 2, 1, true),"
                                + " (5, null, 1, false), (6, 1, null, false)",
                        "insert into tags values (1, 'a'), (2, 'b'), (3, 'spam')",
                        "insert into taggings values (1, 1, 1), (2, 1, 1), (3, 1, 1), (1, 1, 2), (9, 2, 1), (1, null, 1)");
    }

    private static RelatedRows comments() {
        return RelatedRows.in("comments").on("tenant", "tenant").on("post_id", "the {id}");
    }

    private static final ResetCounters ALL = ResetCounters.of(WEIRD)
            .counter("Comments", comments())
            .counter("shown", comments().where("not hidden"))
            .counter(
                    "tags",
                    RelatedRows.in("tags")
                            .on("id", "tag_id")
                            .where("name <> 'spam'")
                            .through(RelatedRows.in("taggings")
                                    .on("tenant", "tenant")
                                    .on("post_id", "the {id}")));

    private String counters() {
        return trial.database()
                .queryString("select string_agg(\"Comments\" || ' ' || shown || ' ' || tags, ', '"
                        + " order by tenant, \"the {id}\") from " + WEIRD);
    }

    @Test
    void countersAreSetThroughAJoinTableToo() {
        posts();
        Set<String> right = trial.versions(WEIRD, "(tenant, \"the {id}\") = (1, 1)");

        trial.run(ALL);

        assertThat(counters()).isEqualTo("2 1 2, 1 1 1, 0 0 0, 1 0 0");
        assertThat(trial.versions(WEIRD, "(tenant, \"the {id}\") = (1, 1)")).isEqualTo(right);
        assertThat(trial.passes()).isEqualTo(2);
        Set<String> after = trial.versions(WEIRD);
        trial.runAgain(ALL);
        assertThat(trial.versions(WEIRD)).isEqualTo(after);
    }

    @Test
    void rowsThatAreChangedAreTouched() {
        posts();

        trial.run(ALL.touch("checked_on"));

        assertThat(
                        trial.database()
                                .queryString(
                                        "select string_agg(tenant || '/' || \"the {id}\", ' ' order by tenant, \"the {id}\") from "
                                                + WEIRD
                                                + " where updated_at > now() - interval '1 hour' and checked_on = current_date"))
                .isEqualTo("1/2 1/3 2/1");
        assertThat(trial.database()
                        .queryLong("select count(*) from " + WEIRD
                                + " where updated_at = '2000-01-01Z' and checked_on is null"))
                .isEqualTo(1);
    }

    @Test
    void theTimeOfTouchingMayBeGiven() {
        posts();

        trial.run(ALL.touch().time(Instant.parse("2024-05-06T07:08:09Z")));

        assertThat(trial.database()
                        .queryLong("select count(*) from " + WEIRD
                                + " where updated_at = '2024-05-06 07:08:09Z' and checked_on is null"))
                .isEqualTo(3);
    }

    @Test
    void rowsOfTheSameTableAreCounted() {
        trial.database()
                .execute(
                        "create table comments (id int primary key, parent_id int, replies int)",
                        "insert into comments values (1, null, 0), (2, 1, 5), (3, 1, null), (4, 3, 0), (5, 5, 0)");

        trial.runFromSql(
                "ResetCounters",
                "[\"comments\", {\"replies\": {\"table\": \"comments\", \"on\": {\"parent_id\": \"id\"}}}]");

        assertThat(trial.database().queryString("select string_agg(replies::text, ' ' order by id) from comments"))
                .isEqualTo("2 0 1 0 1");
        assertThat(trial.changed()).isEqualTo(4);
    }

    @Test
    void rowsOfTheJoinTableAloneAreCounted() {
        posts();

        trial.run(ResetCounters.of(WEIRD)
                .counter(
                        "tags",
                        RelatedRows.in("taggings").on("tenant", "tenant").on("post_id", "the {id}"))
                .where("tenant = 1"));

        assertThat(trial.database()
                        .queryString("select string_agg(tags::text, ' ' order by tenant, \"the {id}\") from " + WEIRD))
                .isEqualTo("3 1 0 0");
    }

    @Test
    void whatDoesNotFitTheTablesIsRefused() {
        posts();
        trial.database().execute("create table plain (id int primary key, n int)");

        refused(ResetCounters.of(WEIRD).counter("comments", comments()), "has no column 'comments'");
        refused(ResetCounters.of(WEIRD).counter("tags", RelatedRows.in("tag").on("id", "tenant")), "tag");
        refused(ALL.touch("seen_at"), "has no column 'seen_at'");
        ResetCounters plain =
                ResetCounters.of("plain").counter("n", RelatedRows.in("tags").on("id", "id"));
        refused(plain.touch(), "neither updated_at nor updated_on");
        refused(ALL.touch().where("Tenant = x"), "Tenant = x");
        assertThat(trial.database().queryLong("select count(*) from sluice.run"))
                .isZero();
    }

    private void refused(ResetCounters reset, String why) {
        assertThatThrownBy(() -> trial.sluice().enqueue(Enqueue.of(reset)).blockLast(Trial.SOON))
                .isInstanceOf(DefinitionException.class)
                .hasMessageContaining(why);
    }
}
