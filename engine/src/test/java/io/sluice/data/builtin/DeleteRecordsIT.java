package io.sluice.data.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Enqueue;
import io.sluice.data.DefinitionException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@link DeleteAssociatedRecords} and {@link DeleteOrphanedRecords}. */
class DeleteRecordsIT {

    private static final String WEIRD = "\"Order Items\".\"weird \"\"name\"\"\"";

    @RegisterExtension
    private final Trial trial = new Trial();

    /** Comments of tenants and of posts, which have a key of two columns; some refer to what is not there. */
    private void comments() {
        trial.database()
                .execute(
                        "create schema \"Order Items\"",
                        "create table posts (\"tenant {no}\" int, id int, hidden boolean not null default false,"
                                + " primary key (\"tenant {no}\", id))",
                        "create table authors (name text primary key)",
                        "create table " + WEIRD
                                + " (\"key \"\"1\"\"\" int, key2 text, \"tenant {no}\" int, post_id int, author text,"
                                + " primary key (key2, \"key \"\"1\"\"\"))",
                        "insert into posts values (1, 1), (1, 2), (2, 1)",
                        "insert into authors values ('ann')",
                        "insert into " + WEIRD
                                + " values (1, 'a', 1, 1, 'ann'), (2, 'a', 1, 2, 'bob'), (3, 'a', 2, 2, 'ann'),"
                                + " (4, 'a', 2, 2, 'bob'), (1, 'b', 2, 1, null), (2, 'b', null, 1, null), (3, 'b', null, null, 'bob'),"
                                + " (4, 'b', 1, null, 'ann')");
    }

    private String left() {
        return trial.database()
                .queryString("select string_agg(key2 || \"key \"\"1\"\"\", ' ' order by key2, \"key \"\"1\"\"\") from "
                        + WEIRD);
    }

    @Test
    void theRowsOfOneParentGo() {
        comments();
        Set<String> before = trial.versions(WEIRD);
        DeleteAssociatedRecords delete =
                DeleteAssociatedRecords.of(WEIRD).belongingTo("tenant {no}", 2).belongingTo("post_id", 2);

        trial.run(delete);

        assertThat(left()).isEqualTo("a1 a2 b1 b2 b3 b4");
        assertThat(trial.versions(WEIRD)).isSubsetOf(before);
        assertThat(trial.changed()).isEqualTo(2);
        assertThat(trial.passes()).isEqualTo(2);
        trial.runAgain(delete);
        assertThat(trial.changed()).isZero();
        assertThat(trial.versions(WEIRD)).hasSize(6).isSubsetOf(before);
    }

    @Test
    void theRowsOfOneParentGoFromSqlToo() {
        comments();

        trial.runFromSql(
                "DeleteAssociatedRecords",
                "[\"\\\"Order Items\\\".\\\"weird \\\"\\\"name\\\"\\\"\\\"\", {\"author\": \"ann\"}, {\"where\": \"key2 = 'a'\"}]");

        assertThat(left()).isEqualTo("a2 a4 b1 b2 b3 b4");
    }

    @Test
    void rowsThatLackAllOfTheListedGo() {
        comments();
        Set<String> before = trial.versions(WEIRD);
        RelatedRows posts =
                RelatedRows.in("posts").on("tenant {no}", "tenant {no}").on("id", "post_id");
        DeleteOrphanedRecords delete = DeleteOrphanedRecords.of(WEIRD)
                .lacking(posts)
                .lacking(RelatedRows.in("authors").on("name", "author"));

        trial.run(delete);

        assertThat(left()).isEqualTo("a1 a2 a3 b1 b4");
        assertThat(trial.versions(WEIRD)).isSubsetOf(before);
        assertThat(trial.passes()).isEqualTo(2);
        trial.runAgain(delete);
        assertThat(trial.changed()).isZero();
    }

    @Test
    void aReferenceThatIsNullIsSparedByTheFilter() {
        comments();

        trial.run(DeleteOrphanedRecords.of(WEIRD)
                .lacking(RelatedRows.in("authors").on("name", "author"))
                .where("author is not null"));

        assertThat(left()).isEqualTo("a1 a3 b1 b2 b4");
    }

    @Test
    void onlyRelatedRowsOfTheirConditionCount() {
        comments();
        trial.database().execute("update posts set hidden = true where id = 2");

        trial.run(DeleteOrphanedRecords.of(WEIRD)
                .lacking(RelatedRows.in("posts")
                        .on("tenant {no}", "tenant {no}")
                        .on("id", "post_id")
                        .where("not hidden -- they are gone")));

        assertThat(left()).isEqualTo("a1 b1");
    }

    /** A reply whose parent goes lacks it then; in the same transaction it is still seen, so it is swept. */
    @Test
    void repliesOfWhatIsDeletedGoWithIt() {
        trial.database()
                .execute(
                        "create table comments (id int primary key, parent_id int)",
                        "insert into comments values (1, 1), (2, 1), (3, 99), (4, 3), (5, 4), (6, 2), (7, 5)");

        trial.run(DeleteOrphanedRecords.of("comments")
                .lacking(RelatedRows.in("comments").on("id", "parent_id")));

        assertThat(trial.database().queryString("select string_agg(id::text, ' ' order by id) from comments"))
                .isEqualTo("1 2 6");
        assertThat(trial.passes()).isGreaterThan(2);
    }

    @Test
    void triggersAndForeignKeysWorkAsInAnyDelete() {
        trial.database()
                .execute(
                        "create table authors (id int primary key)",
                        "create table books (id int primary key, author_id int)",
                        "create table pages (id int primary key, book_id int references books on delete cascade)",
                        "insert into books select g, g % 2 from generate_series(1, 10) g",
                        "insert into pages select g, g from generate_series(1, 10) g",
                        "insert into authors values (1)");

        trial.run(DeleteOrphanedRecords.of("books")
                .lacking(RelatedRows.in("authors").on("id", "author_id")));

        assertThat(trial.database().queryString("select (select count(*) from books) || ' ' || count(*) from pages"))
                .isEqualTo("5 5");
    }

    @Test
    void whatDoesNotFitTheTablesIsRefused() {
        comments();

        refused(DeleteAssociatedRecords.of(WEIRD).belongingTo("post", 1), "has no column 'post'");
        refused(DeleteAssociatedRecords.of(WEIRD).belongingTo("post_id", "one"), "cannot be read as integer");
        refused(DeleteOrphanedRecords.of(WEIRD).lacking(RelatedRows.in("blogs").on("id", "post_id")), "blogs");
        refused(DeleteOrphanedRecords.of(WEIRD).lacking(RelatedRows.in("posts").on("idd", "post_id")), "idd");
        refused(DeleteOrphanedRecords.of(WEIRD).lacking(RelatedRows.in("posts").on("id", "post")), "post");
        assertThat(trial.versions(WEIRD)).hasSize(8);
    }

    private void refused(ReadyMade delete, String why) {
        assertThatThrownBy(() -> trial.sluice().enqueue(Enqueue.of(delete)).blockLast(Trial.SOON))
                .isInstanceOf(DefinitionException.class)
                .hasMessageContaining(why);
    }
}
