package io.sluice.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdentifierTest {

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "users, `\"users\"`",
                "Users, `\"Users\"`",
                "a b, `\"a b\"`",
                "a\"b, `\"a\"\"b\"`",
                "\", `\"\"\"\"`",
                "a.b, `\"a.b\"`",
                "x\"; drop table y; --, `\"x\"\"; drop table y; --\"`"
            })
    void isQuotedSoThatItMeansJustItself(String name, String quoted) {
        assertThat(Identifier.quote(name)).isEqualTo(quoted);
    }

    @Test
    void mayHaveSixtyThreeBytesAndNotOneMore() {
        String longest = "n".repeat(63);

        assertThat(Identifier.quote(longest)).isEqualTo('"' + longest + '"');
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Identifier.quote(longest + "n"))
                .withMessage("name '" + longest + "n' is longer than 63 bytes");
    }

    /** Bytes count, not letters: ä has two, € three, an emoji four. Doubled quotes do not count. */
    @ParameterizedTest
    @CsvSource({"ä, 31", "€, 21", "🚀, 15", "\", 63"})
    void isMeasuredInBytesOfUtf8(String letter, int fit) {
        assertThat(Identifier.quote(letter.repeat(fit))).startsWith("\"");
        assertThatIllegalArgumentException().isThrownBy(() -> Identifier.quote(letter.repeat(fit + 1)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\0", "a\0b"})
    void mustNotBeEmptyOrHoldANul(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Identifier.quote(name))
                .withMessage("a name must not be empty or hold a NUL");
    }
}
