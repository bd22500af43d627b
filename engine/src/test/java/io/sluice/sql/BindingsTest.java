package io.sluice.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BindingsTest {

    @Test
    void eachValueHasThePlaceholderOfItsTurn() {
        Bindings bindings = new Bindings();

        assertThat(bindings.add("a", "text")).isEqualTo("$1::text");
        assertThat(bindings.add(5, "integer")).isEqualTo("$2::integer");
        assertThat(bindings.values()).containsExactly("a", 5);
    }

    @Test
    void theFirstValuesKeepTheirPlaces() {
        Bindings bindings = new Bindings("mine", null);

        assertThat(bindings.add("next", "text")).isEqualTo("$3::text");
        assertThat(bindings.values()).containsExactly("mine", null, "next");
    }

    @Test
    void aNullIsBoundWithItsType() {
        Bindings bindings = new Bindings();

        assertThat(bindings.add(null, "timestamptz")).isEqualTo("$1::timestamptz");
        assertThat(bindings.values()).containsExactly((Object) null);
    }

    @Test
    void aKeyIsOneArrayOfTexts() {
        Bindings bindings = new Bindings();

        assertThat(bindings.add(List.of("1", "it's"))).isEqualTo("$1::text[]");
        assertThat(bindings.values()).hasSize(1);
        assertThat(bindings.values()[0]).isEqualTo(new String[] {"1", "it's"});
    }

    @Test
    void noValueIsEverPartOfTheText() {
        Bindings bindings = new Bindings();

        assertThat(bindings.add("'; drop table users; --", "text")).doesNotContain("drop");
    }
}
