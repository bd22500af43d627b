package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Schema migrations as plain SQL gives them. */
class SchemaJsonTest {

    static Stream<SchemaMigration> everyOperation() {
        return Stream.of(
                SchemaMigration.addIndex("app.users", "email").unique().name("users_email"),
                SchemaMigration.removeIndex("users", "users_email"),
                SchemaMigration.reindex("users", "users_email"),
                SchemaMigration.reindex("users"),
                SchemaMigration.validateForeignKey("users", "users_team_fk"),
                SchemaMigration.validateConstraint("users", "users_age"),
                SchemaMigration.attachUniqueConstraint("users", "users_key", "users_email"),
                SchemaMigration.detachPartition("logs", "logs_2024"),
                SchemaMigration.refreshMaterializedView("totals"),
                SchemaMigration.vacuum("\"Order Items\""),
                SchemaMigration.analyze("users"),
                SchemaMigration.statement("statistics", "users", "alter table users alter email set statistics 9"),
                SchemaMigration.statementOutsideTransaction("freeze", "users", "vacuum (freeze) users"));
    }

    @ParameterizedTest
    @MethodSource("everyOperation")
    void isWhatItSaysOfItself(SchemaMigration migration) {
        SchemaMigration read =
                SchemaMigration.of(migration.operation(), migration.table().quoted(), migration.definition());

        assertThat(read.name()).isEqualTo(migration.name());
        assertThat(read.object()).isEqualTo(migration.object());
        assertThat(IndexJson.tree(read.definition())).isEqualTo(IndexJson.tree(migration.definition()));
    }

    @Test
    void everyOperationIsAmongThem() {
        assertThat(everyOperation().map(SchemaMigration::operation))
                .containsAll(Stream.of(Operation.values()).map(Operation::word).toList());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "explode | {} | unknown operation",
                "remove_index | {} | is needed, a text",
                "remove_index | {\"name\": 7} | is needed, a text",
                "vacuum | {\"full\": true} | unknown field",
                "vacuum | [] | it is a JSON object",
                "vacuum | nonsense | cannot be read",
                "add_index | {\"name\": \"i\"} | an index has 1..32 columns",
                "statement | {\"name\": \"s\"} | is needed, a text",
            })
    void whatCannotBeMeantIsRefused(String operation, String definition, String why) {
        assertThatThrownBy(() -> SchemaMigration.of(operation, "users", definition))
                .isInstanceOf(SchemaDefinitionException.class)
                .hasMessageContaining(why);
    }
}
