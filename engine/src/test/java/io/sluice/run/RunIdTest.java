package io.sluice.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunIdTest {

    @ParameterizedTest
    @ValueSource(strings = {"main:1", "eu-west.2_a:9223372036854775807", "with:colon:3"})
    void isReadAsItIsWritten(String text) {
        assertThat(RunId.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", ":", "main", "main:", "main:x", "main:1 ", "main:1.5", ":1", "main:9223372036854775808"})
    void anythingElseIsRefusedAndQuoted(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RunId.parse(text))
                .withMessage("a run id is written shard:number, was '" + text + "'");
    }

    @Test
    void theOrderIsByShardThenByNumber() {
        assertThat(Stream.of("b:1", "a:10", "a:9", "a:-1").map(RunId::parse).sorted())
                .map(RunId::toString)
                .containsExactly("a:-1", "a:9", "a:10", "b:1");
    }

    @Test
    void needsAShard() {
        assertThatNullPointerException().isThrownBy(() -> new RunId(null, 1)).withMessage("shard");
    }
}
