package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sluice.ledger.Lease;
import io.sluice.ledger.LedgerName;
import io.sluice.run.RunId;
import io.sluice.sql.KeyColumn;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepBlockTest {

    private static String call(String statement) {
        return new StepBlock(
                        new StepBody(
                                new LedgerName("my ledger"),
                                new Lease(new RunId("main", 12), 34, "it's me"),
                                new Keyset("\"my ledger\"", "\"t\"", List.of(new KeyColumn("id", "bigint"))),
                                CommitMode.ASYNCHRONOUS,
                                false,
                                (lower, upper) -> statement),
                        Duration.ofMillis(1_500))
                .call(5, 34, 7, 1_000, Duration.ofSeconds(30));
    }

    @Test
    void itsLimitsAreOverWithItsTransaction() {
        assertThat(call("perform 1"))
                .startsWith("set local jit = off; set local lock_timeout = 1500; set local application_name ="
                        + " 'sluice run 12'; set local statement_timeout = 30000; do $sluice_12_34$\n");
    }

    @Test
    void itsNumbersAreOurOwnAndNothingIsLeftToBeBound() {
        assertThat(call("perform 1"))
                .contains("sluice_lane   bigint := 5; sluice_token bigint := 34; sluice_epoch bigint := 7;"
                        + " sluice_target integer := 1000;")
                .doesNotContain("${", "it's me");
    }

    @Test
    void itHasTheStepsOfTheFunction() {
        assertThat(call("perform 'the work'"))
                .containsSubsequence("open_sub_batch(", "perform 'the work';", ".checkpoint(", ".next_batch(");
    }

    @Test
    void aStatementThatWouldEndItsQuoteIsRefused() {
        assertThatExceptionOfType(DefinitionException.class)
                .isThrownBy(() -> call("perform '$sluice_12_34$'"))
                .withMessageContaining("$sluice_12_34$");
    }
}
