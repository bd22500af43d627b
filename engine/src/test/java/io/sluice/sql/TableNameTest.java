package io.sluice.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TableNameTest {

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            nullValues = "-",
            value = {
                "users, -, users",
                "Users, -, users",
                "_u$1, -, _u$1",
                "app.users, app, users",
                "App.USERS, app, users",
                "`\"Order Items\"`, -, Order Items",
                "`\"a.b\".c`, a.b, c",
                "`app.\"weird \"\"name\"\"\"`, app, weird \"name\"",
                "`\"\"\"\"`, -, \"",
                "größe, -, größe",
                "表.列, 表, 列"
            })
    void isReadAsSqlDoes(String text, String schema, String name) {
        assertThat(TableName.parse(text)).isEqualTo(new TableName(schema, name));
    }

    /** PostgreSQL folds A to Z and, in UTF-8, nothing else. */
    @ParameterizedTest
    @CsvSource({"ÄPFEL, Äpfel", "İD, İd", "ΣΑΣ, ΣΑΣ"})
    void onlyAsciiIsFolded(String text, String name) {
        assertThat(TableName.parse(text).name()).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ".",
                "a.",
                ".a",
                "a..b",
                "a.b.c",
                "a b",
                "a ",
                " a",
                "a;",
                "a)",
                "a-b",
                "1a",
                "$a",
                "a.1",
                "\"",
                "\"a",
                "\"\"",
                "a.\"\"",
                "\"a\"b",
                "\"a\";",
                "\"a\" ",
                "a\"b\"",
                "a. b",
                "a;b",
                "a'",
                "a--",
                "a;drop table b"
            })
    void whatIsNoNameOfOneOrTwoPartsIsRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TableName.parse(text))
                .withMessage("'" + text
                        + "' is no table name; write table, schema.table or \"Quoted Schema\".\"Quoted Table\"");
    }

    @Test
    void aNameThatPostgresqlWouldCutIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> TableName.parse("t".repeat(64)));
        assertThatIllegalArgumentException().isThrownBy(() -> TableName.parse("s".repeat(64) + ".t"));
        assertThat(TableName.parse("s".repeat(63) + "." + "t".repeat(63)).quoted())
                .hasSize(63 + 63 + 5);
    }

    @Test
    void standsQuotedInStatementsAndPlainInMessages() {
        assertThat(TableName.parse("app.\"a\"\"b\"").quoted()).isEqualTo("\"app\".\"a\"\"b\"");
        assertThat(TableName.parse("users").quoted()).isEqualTo("\"users\"");
        assertThat(TableName.parse("App.Users")).hasToString("app.users");
        assertThat(TableName.parse("Users")).hasToString("users");
    }
}
