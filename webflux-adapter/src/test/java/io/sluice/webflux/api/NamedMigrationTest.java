package io.sluice.webflux.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.run.Arguments;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamedMigrationTest {

    private static NamedMigration named(String name, Object... arguments) {
        return new NamedMigration(name, Arguments.of(arguments));
    }

    @Test
    void severalAreJoinedByCommasOrEachByItself() {
        assertThat(NamedMigration.all(List.of("one, two[1] ,three", "four", "")))
                .containsExactly(named("one"), named("two", 1), named("three"), named("four"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a, b", "  ", "a],b", "[", "a\"],b[\"", "\\", "ends with \\", "{", "}, x["})
    void whatStandsInAnArgumentIsNotTouched(String argument) {
        Arguments arguments = Arguments.of(argument, 1, List.of("x", argument));

        assertThat(NamedMigration.all(List.of("before,fill" + arguments.toJson() + ",after")))
                .containsExactly(named("before"), new NamedMigration("fill", arguments), named("after"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"fill[1", "fill[\"a]", "fill[1]]", "fill[1] more", "fill[1][2]"})
    void whatIsNoJsonIsRefused(String text) {
        assertThatThrownBy(() -> NamedMigration.all(List.of(text))).isInstanceOf(IllegalArgumentException.class);
    }
}
