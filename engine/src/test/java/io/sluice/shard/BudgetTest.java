package io.sluice.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BudgetTest {

    static Stream<Arguments> outOfRange() {
        return Stream.of(
                refused("connections of the budget must be 1..10000, was 0", it -> it.withConnections(0)),
                refused("connections of the budget must be 1..10000, was 10001", it -> it.withConnections(10_001)),
                refused("looks at one time must be 1..1000, was 0", it -> it.withLooks(0)),
                refused("sub-batches per second must be 0..100000, was -1", it -> it.withSubBatchesPerSecond(-1)),
                refused("turn must be PT0.1S..PT24H, was PT0.099S", it -> it.withTurn(Duration.ofMillis(99))));
    }

    private static Arguments refused(String why, UnaryOperator<Budget> change) {
        return Arguments.of(why, change);
    }

    @ParameterizedTest
    @MethodSource("outOfRange")
    void whatIsOutOfRangeIsRefused(String why, UnaryOperator<Budget> change) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> change.apply(Budget.DEFAULTS))
                .withMessage(why);
    }

    @Test
    void eachOptionIsChangedByItself() {
        Budget changed = Budget.DEFAULTS
                .withConnections(5)
                .withLooks(3)
                .withSubBatchesPerSecond(100)
                .withTurn(Duration.ofSeconds(7));

        assertThat(changed).isEqualTo(new Budget(5, 3, 100, Duration.ofSeconds(7)));
    }
}
