package io.sluice.sql;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyColumnTest {

    private static final String LEDGER = "\"sluice\"";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "smallint",
                "integer",
                "bigint",
                "oid",
                "numeric",
                "numeric(10,2)",
                "boolean",
                "text",
                "uuid",
                "name",
                "character varying",
                "character varying(20)"
            })
    void whatIsWrittenTheSameEverywhereIsCast(String type) {
        KeyColumn column = new KeyColumn("id", type);

        assertThat(column.encode(LEDGER, "t.id")).isEqualTo("t.id::text");
        assertThat(column.decode(LEDGER, "$1")).isEqualTo("($1)::" + type);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "timestamp with time zone",
                "timestamp(3) without time zone",
                "date",
                "time with time zone",
                "interval",
                "interval day to second(3)",
                "bytea",
                "double precision",
                "real",
                "money",
                "integer[]",
                "character(5)",
                "\"char\"",
                "bit varying(3)",
                "inet",
                "app.\"Mood\"",
                "app.texts",
                "textual",
                "numeric[]"
            })
    void whatDependsOnSettingsGoesThroughTheLedgersFunctions(String type) {
        KeyColumn column = new KeyColumn("id", type);

        assertThat(column.encode(LEDGER, "t.id")).isEqualTo("\"sluice\".key_text(t.id)");
        assertThat(column.decode(LEDGER, "$1")).isEqualTo("\"sluice\".key_value($1, null::" + type + ")");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {"id, `\"id\"`", "Order No, `\"Order No\"`", "a\"b, `\"a\"\"b\"`"})
    void itsNameIsQuoted(String name, String quoted) {
        assertThat(new KeyColumn(name, "bigint").quoted()).isEqualTo(quoted);
    }

    @Test
    void whatIsDecodedIsTakenAsAWhole() {
        assertThat(new KeyColumn("id", "integer").decode(LEDGER, "a || b")).isEqualTo("(a || b)::integer");
    }
}
