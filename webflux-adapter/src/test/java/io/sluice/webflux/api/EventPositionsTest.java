package io.sluice.webflux.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventPositionsTest {

    @Test
    void anIdIsAPlaceInEachJournalAndIsReadAsItWasWritten() {
        EventPositions positions =
                EventPositions.NONE.at("one", 7).at("two:of", 9).at("one", 8);

        assertThat(positions.id(2)).isEqualTo("one:8,two:of:9");
        assertThat(EventPositions.parse("one:8, two:of:9")).isEqualTo(positions);
    }

    @Test
    void whoHasNoIdStandsNowhere() {
        assertThat(EventPositions.parse(null)).isEqualTo(EventPositions.NONE);
        assertThat(EventPositions.parse(" ").of("one")).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "one", "one:", "one:x", "one:1,", ","})
    void whatIsNoIdIsRefused(String id) {
        assertThatThrownBy(() -> EventPositions.parse(id))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("shard:number");
    }

    @Test
    void aReaderOfMoreThan32ShardsGetsNoIdNotEvenThatOfTheFirstOnes() {
        EventPositions positions = EventPositions.NONE;
        for (int i = 1; i <= 33; i++) {
            positions = positions.at("shard" + i, i);
            assertThat(positions.id(33)).isNull();
        }
        assertThat(EventPositions.NONE.at("one", 1).id(32)).isEqualTo("one:1");
    }
}
