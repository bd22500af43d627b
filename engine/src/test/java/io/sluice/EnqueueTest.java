package io.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.sluice.run.Arguments;
import io.sluice.run.BatchSettings;
import io.sluice.run.KeyBounds;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnqueueTest {

    private static final Enqueue PLAIN = Enqueue.of("fill");

    @Test
    void isQueuedOnAllShardsWithTheDeclaredSettings() {
        assertThat(PLAIN.name()).isEqualTo("fill");
        assertThat(PLAIN.arguments()).isEqualTo(Arguments.none());
        assertThat(PLAIN.shards()).isEmpty();
        assertThat(PLAIN.settings(BatchSettings.DEFAULTS)).isEqualTo(BatchSettings.DEFAULTS);
        assertThat(PLAIN.bounds()).isEqualTo(KeyBounds.NONE);
        assertThat(PLAIN.maxAttempts()).isEqualTo(5);
        assertThat(PLAIN.mode()).isEqualTo(Enqueue.Mode.QUEUED);
        assertThat(PLAIN.isAgain()).isFalse();
        assertThat(PLAIN.joined()).isNull();
    }

    @Test
    void everyChangeIsKeptByThoseAfterIt() {
        Enqueue all = PLAIN.arguments("a", 1)
                .shards("eu", "us")
                .settings(it -> it.withBatchSize(500))
                .from(1, "x")
                .to(9, "y")
                .maxAttempts(7)
                .delayed()
                .again();

        assertThat(all.name()).isEqualTo("fill");
        assertThat(all.arguments()).isEqualTo(Arguments.of("a", 1));
        assertThat(all.shards()).containsExactlyInAnyOrder("eu", "us");
        assertThat(all.settings(BatchSettings.DEFAULTS).batchSize()).isEqualTo(500);
        assertThat(all.bounds()).isEqualTo(new KeyBounds(List.of("1", "x"), List.of("9", "y")));
        assertThat(all.maxAttempts()).isEqualTo(7);
        assertThat(all.mode()).isEqualTo(Enqueue.Mode.DELAYED);
        assertThat(all.isAgain()).isTrue();
    }

    @Test
    void changesMakeACopy() {
        PLAIN.arguments(1).shards("eu").from(1).to(2).maxAttempts(1).inline().again();

        isQueuedOnAllShardsWithTheDeclaredSettings();
    }

    @Test
    void eitherWaitsForApprovalOrRunsAtOnce() {
        assertThat(PLAIN.inline().inline().mode()).isEqualTo(Enqueue.Mode.INLINE);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PLAIN.inline().delayed())
                .withMessage("a run is either delayed or inline, not both");
        assertThatIllegalArgumentException().isThrownBy(() -> PLAIN.delayed().inline());
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1_001})
    void attemptsOutOfRangeAreRefused(int attempts) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PLAIN.maxAttempts(attempts))
                .withMessage("attempts must be 1..1000, was " + attempts);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1_000})
    void theEndsOfAttemptsAreAllowed(int attempts) {
        assertThat(PLAIN.maxAttempts(attempts).maxAttempts()).isEqualTo(attempts);
    }
}
