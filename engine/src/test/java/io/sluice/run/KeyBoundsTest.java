package io.sluice.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class KeyBoundsTest {

    @Test
    void noneHasNoEnds() {
        assertThat(KeyBounds.NONE.lower()).isNull();
        assertThat(KeyBounds.NONE.upper()).isNull();
    }

    @Test
    void eachEndIsGivenByItself() {
        assertThat(KeyBounds.NONE.from(1)).isEqualTo(new KeyBounds(List.of("1"), null));
        assertThat(KeyBounds.NONE.to(9)).isEqualTo(new KeyBounds(null, List.of("9")));
        assertThat(KeyBounds.NONE.to(9).from(1)).isEqualTo(new KeyBounds(List.of("1"), List.of("9")));
        assertThat(KeyBounds.NONE.from(1).to(9)).isEqualTo(new KeyBounds(List.of("1"), List.of("9")));
    }

    @Test
    void aKeyOfSeveralColumnsIsTheTextOfEach() {
        UUID id = UUID.fromString("00000000-0000-0000-0000-000000000001");

        assertThat(KeyBounds.NONE.from(-5L, id, Instant.EPOCH, "it's").lower())
                .containsExactly("-5", "00000000-0000-0000-0000-000000000001", "1970-01-01T00:00:00Z", "it's");
    }

    @Test
    void bytesAreWrittenAsPostgresqlReadsThem() {
        assertThat(KeyBounds.NONE.from(new byte[] {0, 10, -1}).lower()).containsExactly("\\x000aff");
    }

    @Test
    void aKeyHasNoNulls() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KeyBounds.NONE.from(1, null))
                .withMessage("column 2 of a bound is null; a key has no nulls");
        assertThatIllegalArgumentException().isThrownBy(() -> KeyBounds.NONE.to((Object) null));
    }

    @Test
    void theEndsCannotBeChangedAfterwards() {
        List<String> key = new ArrayList<>(List.of("1"));
        KeyBounds bounds = new KeyBounds(key, key);

        key.set(0, "2");

        assertThat(bounds).isEqualTo(new KeyBounds(List.of("1"), List.of("1")));
    }
}
