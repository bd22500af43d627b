package io.sluice.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArgumentsTest {

    @Nested
    class WhenRead {

        @Test
        void anArrayIsTakenAsItIs() {
            assertThat(Arguments.parse(" [1, \"a\", {\"b\": [true, null]}] ").toJson())
                    .isEqualTo("[1,\"a\",{\"b\":[true,null]}]");
        }

        @ParameterizedTest
        @ValueSource(strings = {"{}", "1", "\"a\"", "null", "true", "", " ", "[1", "[1] [2]", "[1]x", "nonsense"})
        void whatIsNoArrayIsRefused(String text) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Arguments.parse(text))
                    .withMessageStartingWith("arguments must be a JSON array");
        }

        @ParameterizedTest
        @ValueSource(strings = {"[0.12345678901234567890]", "[123456789012345678901234567890]", "[1E+400]"})
        void noDigitOfANumberIsLost(String text) {
            assertThat(Arguments.parse(text).toJson()).isEqualTo(text);
        }
    }

    @Nested
    class WhenGiven {

        @Test
        void valuesBecomeJson() {
            assertThat(Arguments.of("a", 1, 2L, null, true, List.of(1, 2), Map.of("k", "v"))
                            .toJson())
                    .isEqualTo("[\"a\",1,2,null,true,[1,2],{\"k\":\"v\"}]");
        }

        @Test
        void oneNullIsAnArgument() {
            assertThat(Arguments.of((Object) null).toJson()).isEqualTo("[null]");
        }

        @Test
        void noneIsTheEmptyArray() {
            assertThat(Arguments.none()).isEqualTo(Arguments.of()).isEqualTo(Arguments.parse("[]"));
            assertThat(Arguments.none().size()).isZero();
        }

        /** The ledger gives back what was enqueued: both must be the same arguments. */
        @Test
        void theyEqualWhatIsReadFromTheirText() {
            Arguments given = Arguments.of("a", 1L, (short) 2, 1.5f, 2.5, new BigDecimal("3.25"), List.of(4L));

            assertThat(given)
                    .isEqualTo(Arguments.parse(given.toJson()))
                    .hasSameHashCodeAs(Arguments.parse(given.toJson()));
        }

        @Test
        void orderMatters() {
            assertThat(Arguments.of(1, 2)).isNotEqualTo(Arguments.of(2, 1));
        }
    }

    @Nested
    class WhenAsked {

        private final Arguments arguments = Arguments.parse("[\"text\", 7, 1.5, null, [1, 2], 9223372036854775808]");

        @Test
        void textIsAString() {
            assertThat(arguments.text(0)).isEqualTo("text");
            refused(() -> arguments.text(1), "argument 1 must be a string, was NUMBER");
            refused(() -> arguments.text(3), "argument 3 must be a string, was NULL");
        }

        @Test
        void aNumberIsWholeAndFits() {
            assertThat(arguments.number(1)).isEqualTo(7);
            refused(() -> arguments.number(0), "argument 0 must be a whole number, was STRING");
            refused(() -> arguments.number(2), "argument 2 must be a whole number, was NUMBER");
            refused(() -> arguments.number(5), "argument 5 must be a whole number, was NUMBER");
        }

        @Test
        void anotherTypeIsReadByJackson() {
            assertThat(arguments.as(4, int[].class)).containsExactly(1, 2);
            refused(() -> arguments.as(0, Integer.class), "argument 0 must be a Integer");
        }

        @Test
        void aNullIsNothingOfAnyType() {
            refused(() -> arguments.as(3, String.class), "argument 3 must be a String, was NULL");
        }

        @Test
        void aPlaceThatIsNotThereIsNamed() {
            refused(() -> arguments.text(6), "argument 6 is missing: 6 given");
            refused(() -> arguments.number(-1), "argument -1 is missing: 6 given");
        }

        private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
            assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
        }
    }
}
