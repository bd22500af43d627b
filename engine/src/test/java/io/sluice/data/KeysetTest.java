package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sql.KeyColumn;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeysetTest {

    private static final Keyset SINGLE = new Keyset("\"sluice\"", "\"t\"", List.of(new KeyColumn("id", "bigint")));

    private static final Keyset COMPOSITE = new Keyset(
            "\"sluice\"",
            "\"app\".\"t\"",
            List.of(new KeyColumn("tenant", "uuid"), new KeyColumn("At", "timestamp with time zone")));

    private static IntFunction<String> value(String name) {
        return i -> name + i;
    }

    @ParameterizedTest
    @ValueSource(strings = {"<", "<=", ">", ">=", "="})
    void oneColumnIsComparedByItself(String operator) {
        assertThat(SINGLE.compare(null, operator, value("v"))).isEqualTo("\"id\" " + operator + " v0");
    }

    @Test
    void severalColumnsAreComparedAsARow() {
        assertThat(COMPOSITE.compare(null, "<=", value("v"))).isEqualTo("(\"tenant\", \"At\") <= (v0, v1)");
    }

    @Test
    void anAliasStandsBeforeEachColumn() {
        assertThat(SINGLE.compare("u", ">", value("v"))).isEqualTo("u.\"id\" > v0");
        assertThat(COMPOSITE.compare("u", ">", value("v"))).isEqualTo("(u.\"tenant\", u.\"At\") > (v0, v1)");
    }

    @Test
    void aRangeIsOpenBelowAndClosedAbove() {
        Keyset.Lower lower = new Keyset.Lower(value("l"), false);

        assertThat(SINGLE.range(null, lower, value("u"))).isEqualTo("\"id\" > l0 and \"id\" <= u0");
        assertThat(COMPOSITE.range("a", lower, value("u")))
                .isEqualTo("(a.\"tenant\", a.\"At\") > (l0, l1) and (a.\"tenant\", a.\"At\") <= (u0, u1)");
    }

    @Test
    void theFirstRangeIncludesTheLowerBoundThatWasGiven() {
        assertThat(SINGLE.range(null, new Keyset.Lower(value("l"), true), value("u")))
                .isEqualTo("\"id\" >= l0 and \"id\" <= u0");
    }

    @Test
    void withoutALowerEndThereIsOnlyTheUpper() {
        assertThat(SINGLE.range(null, null, value("u"))).isEqualTo("\"id\" <= u0");
    }

    @Test
    void theColumnsAreListedInTheirOrder() {
        assertThat(SINGLE.list()).isEqualTo("\"id\"");
        assertThat(COMPOSITE.list()).isEqualTo("\"tenant\", \"At\"");
        assertThat(COMPOSITE.width()).isEqualTo(2);
    }

    @Test
    void textsAreEncodedByTheTypeOfEachColumn() {
        assertThat(COMPOSITE.texts(value("v"))).isEqualTo("array[v0::text, \"sluice\".key_text(v1)]");
    }

    @Test
    void anArrayOfTextsIsDecodedByTheTypeOfEachColumn() {
        assertThat(COMPOSITE.decoded("$1::text[]").apply(0)).isEqualTo("(($1::text[])[1])::uuid");
        assertThat(COMPOSITE.decoded("$1::text[]").apply(1))
                .isEqualTo("\"sluice\".key_value(($1::text[])[2], null::timestamp with time zone)");
    }

    @Test
    void aNameThatLooksLikeSqlStaysAName() {
        Keyset nasty = new Keyset("\"sluice\"", "\"t\"", List.of(new KeyColumn("id\" or true --", "bigint")));

        assertThat(nasty.compare(null, ">", value("v"))).isEqualTo("\"id\"\" or true --\" > v0");
    }
}
