package io.sluice.sql;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LiteralTest {

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {"plain, `E'plain'`", "it's, `E'it''s'`", "a\\b, `E'a\\\\b'`", "\\', `E'\\\\'''`", "``, `E''`"})
    void isAnEscapeString(String text, String literal) {
        assertThat(Literal.text(text)).isEqualTo(literal);
    }
}
