package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an index shall be like: its statement, its JSON, and what cannot be meant. */
class IndexDefinitionTest {

    private static final AddIndex FULL = SchemaMigration.addIndex(
                    "app.users",
                    IndexKey.expression("lower(name) -- what people type").opclass("public.gin_trgm_ops"),
                    IndexKey.column("Born\"").collation("\"C\"").desc().nullsLast(),
                    IndexKey.column("id").nullsFirst())
            .name("users_all")
            .unique()
            .nullsNotDistinct()
            .using("gist")
            .include("email", "It's")
            .where("deleted_at is null")
            .storage("fillfactor", 80)
            .storage("buffering", "off")
            .analyze();

    @Test
    void itsStatementQuotesNamesAndKeepsExpressionsApart() {
        assertThat(IndexJson.read(FULL.definition()).sql("concurrently", "\"app\".\"users\""))
                .isEqualTo("create unique index concurrently \"users_all\" on \"app\".\"users\" using \"gist\""
                        + " ((lower(name) -- what people type\n) \"public\".\"gin_trgm_ops\","
                        + " \"Born\"\"\" collate \"C\" desc nulls last, \"id\" nulls first)"
                        + " include (\"email\", \"It's\") nulls not distinct"
                        + " with (fillfactor = 80, buffering = off) where (deleted_at is null\n)");
    }

    @Test
    void whatJavaWritesIsWhatIsRead() {
        assertThat(IndexJson.read(FULL.definition()).toJson()).isEqualTo(FULL.definition());
        assertThat(FULL.name()).isEqualTo("add_index users_all on app.users");
    }

    @Test
    void plainSqlMayNameColumnsAsStrings() {
        IndexDefinition index =
                IndexJson.read("{\"name\": \"x\", \"keys\": [\"a\", {\"column\": \"b\", \"order\": \"desc\"}]}");

        assertThat(index.keys())
                .containsExactly(IndexKey.column("a"), IndexKey.column("b").desc());
        assertThat(index.method()).isEqualTo("btree");
    }

    @Test
    void whatCannotBeReadIsToldOf() {
        for (String json : List.of(
                "{\"keys\": [\"a\"]}",
                "{\"name\": \"x\"}",
                "{\"name\": \"x\", \"keys\": [{\"column\": \"a\", \"size\": 3}]}",
                "{\"name\": \"x\", \"keys\": [{}]}",
                "{\"name\": \"x\", \"keys\": [{\"column\": \"a\", \"order\": \"up\"}]}",
                "{\"name\": \"x\", \"keys\": [\"a\"], \"where\": 1, \"uniq\": true}",
                "{\"name\": \"x\", \"keys\": [\"a\"], \"storage\": {\"fillfactor\": \"70) --\"}}")) {
            assertThatThrownBy(() -> IndexJson.read(json))
                    .as(json)
                    .isInstanceOf(SchemaDefinitionException.class)
                    .hasMessageContaining("cannot be read");
        }
    }

    @Test
    void aNameThatIsMadeIsCutToFitAndStaysApart() {
        String table = "ü".repeat(25);
        AddIndex one = SchemaMigration.addIndex(table, "a_column_with_a_name");
        AddIndex other = SchemaMigration.addIndex(table, "a_column_with_a_name", "b");

        assertThat(one.object().getBytes(StandardCharsets.UTF_8).length).isLessThanOrEqualTo(63);
        assertThat(one.object()).isNotEqualTo(other.object()).startsWith("ü".repeat(25));
        assertThat(SchemaMigration.addIndex("users", "email").object()).isEqualTo("users_email_idx");
    }

    @Test
    void whatCannotBeMeantIsRefusedWhereItIsSaid() {
        AddIndex index = SchemaMigration.addIndex("users", "email");

        assertThatThrownBy(() -> SchemaMigration.addIndex("users", new String[0]))
                .hasMessageContaining("1..32");
        assertThatThrownBy(index::nullsNotDistinct).hasMessageContaining("unique index only");
        assertThatThrownBy(() -> index.name("x".repeat(64))).hasMessageContaining("63 bytes");
        assertThatThrownBy(() -> index.where(" ")).hasMessageContaining("empty");
        assertThatThrownBy(() -> index.storage("fill factor", 1)).hasMessageContaining("storage parameter");
        assertThatThrownBy(() -> SchemaMigration.removeIndex("users", "")).hasMessageContaining("empty");
        assertThatThrownBy(() -> SchemaMigration.addIndex("a.b.c", "x")).hasMessageContaining("no table name");
        assertThatThrownBy(() -> SchemaMigration.statement("s", "users", " ")).hasMessageContaining("is empty");
        assertThatThrownBy(() -> IndexKey.expression("")).hasMessageContaining("empty");
    }
}
