package io.sluice.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SchemaSettingsTest {

    private static final SchemaSettings DEFAULTS = SchemaSettings.DEFAULTS;

    @Test
    void whatIsOutOfRangeIsRefusedByName() {
        assertThatThrownBy(() -> DEFAULTS.withOldTransaction(Duration.ofDays(2)))
                .hasMessage("age of an old transaction must be PT0S..PT24H, was PT48H");
        assertThatThrownBy(() -> DEFAULTS.withPatience(Duration.ofSeconds(-1))).hasMessageContaining("patience");
        assertThatThrownBy(() -> DEFAULTS.withStatementTimeout(Duration.ZERO))
                .hasMessageContaining("statement timeout");
        assertThatThrownBy(() -> DEFAULTS.withStall(Duration.ZERO)).hasMessageContaining("without progress");
        assertThatThrownBy(() -> DEFAULTS.withPartitionsAtOnce(17)).hasMessageContaining("1..16, was 17");
        assertThatThrownBy(() -> BlockerPolicy.cancel(Duration.ZERO, Duration.ZERO))
                .hasMessageContaining("1 s..30 days");
        assertThatThrownBy(() -> BlockerPolicy.terminate(Duration.ofSeconds(9), Duration.ofDays(2)))
                .hasMessageContaining("0..1 day");
    }

    @Test
    void eachWitherChangesItsOwn() {
        SchemaSettings changed = DEFAULTS.withOldTransaction(Duration.ofSeconds(1))
                .withPatience(Duration.ofSeconds(2))
                .withStatementTimeout(Duration.ofSeconds(3))
                .withStall(Duration.ofSeconds(4))
                .withPartitionsAtOnce(5)
                .withBlockers(BlockerPolicy.cancel(Duration.ofSeconds(6), Duration.ZERO))
                .withQueriesShown();

        assertThat(changed)
                .isEqualTo(new SchemaSettings(
                        DEFAULTS.locks(),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(3),
                        Duration.ofSeconds(4),
                        5,
                        new BlockerPolicy(BlockerPolicy.Action.CANCEL, Duration.ofSeconds(6), Duration.ZERO),
                        true));
    }
}
