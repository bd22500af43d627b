package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sluice.ledger.Lease;
import io.sluice.ledger.LedgerName;
import io.sluice.run.RunId;
import io.sluice.sql.KeyColumn;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StepFunctionTest {

    private static final String TAG = "$sluice_12_34$";

    private static Keyset keys(String table) {
        return new Keyset(
                "\"my ledger\"", table, List.of(new KeyColumn("tenant", "uuid"), new KeyColumn("Id", "bigint")));
    }

    private static final LedgerName LEDGER = new LedgerName("my ledger");
    private static final Lease LEASE = new Lease(new RunId("main", 12), 34, "it's me");

    private static String create(boolean bounded, StepBody.StatementText work) {
        return create("\"app\".\"users\"", bounded, work);
    }

    private static String create(String table, boolean bounded, StepBody.StatementText work) {
        return function(table, bounded, work).create();
    }

    private static StepFunction function(String table, boolean bounded, StepBody.StatementText work) {
        return new StepFunction(
                new StepBody(LEDGER, LEASE, keys(table), CommitMode.ASYNCHRONOUS, bounded, work),
                Duration.ofMillis(1_500));
    }

    private static StepBody.StatementText work(String statement) {
        BatchCondition condition = new BatchCondition(
                keys("\"app\".\"users\""), null, null, null, new NamedValues(Map.of("secret", "1"), Map.of()));
        return (lower, upper) -> condition.render(
                SqlTemplate.parse(statement), lower, upper, name -> "(sluice_bindings ->> '" + name + "')");
    }

    @Test
    void itsNameIsThatOfOneLeaseOfOneRun() {
        assertThat(create(false, work("update t set a = 1 where {batch}")))
                .startsWith("create or replace function \"my ledger\".\"step_12_34\"(");
        assertThat(StepFunction.drop(LEDGER, LEASE))
                .isEqualTo("drop function if exists \"my ledger\".\"step_12_34\"(bigint, bigint, bigint, integer)");
    }

    @Test
    void aCallIsMadeOfOurOwnIntegersOnly() {
        assertThat(function("t", false, work("update t set a = 1 where {batch}"))
                        .call(5, 34, 7, 1_000, Duration.ofSeconds(30)))
                .isEqualTo("set local statement_timeout = 30000; "
                        + "select * from \"my ledger\".\"step_12_34\"(5, 34, 7, 1000)");
    }

    @Test
    void noPlaceIsLeftInIt() {
        assertThat(create(true, work("update t set a = 1 where {batch}"))).doesNotContain("${");
    }

    @Test
    void theStatementStandsInItTwiceForTheFirstRangeAndForTheOthers() {
        String sql = create(false, work("update app.users set a = 1 where {batch}"));

        assertThat(sql)
                .containsOnlyOnce(
                        "update app.users set a = 1 where ((\"tenant\", \"Id\") <= (sluice_upper_1, sluice_upper_2));")
                .containsOnlyOnce(
                        "update app.users set a = 1 where ((\"tenant\", \"Id\") > (sluice_lower_1, sluice_lower_2)"
                                + " and (\"tenant\", \"Id\") <= (sluice_upper_1, sluice_upper_2));");
    }

    @Test
    void aLowerBoundIsPartOfTheFirstRangeAndComesFromTheLedger() {
        String sql = create(true, work("update app.users set a = 1 where {batch}"));

        assertThat(sql)
                .containsOnlyOnce("update app.users set a = 1 where ((\"tenant\", \"Id\") >= "
                        + "(((sluice_now.first)[1])::uuid, ((sluice_now.first)[2])::bigint)");
    }

    /** Names of values stand in it, values never: they are read from the ledger. */
    @Test
    void noValueIsPastedIntoIt() {
        String sql = create(true, work("update app.users set a = {secret} where {batch}"));

        assertThat(sql).contains("(sluice_bindings ->> 'secret')").doesNotContain("it's me");
    }

    @Test
    void itSetsItsTimeoutsAndSaysWhoItIs() {
        assertThat(create(false, work("update t set a = 1 where {batch}")))
                .contains("set lock_timeout = '1500ms'", "set application_name = 'sluice run 12'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "update t set a = '" + TAG + "' where {batch}",
                "update t set a = 1 where {batch} /* " + TAG + "*/"
            })
    void aStatementThatWouldEndItsQuoteIsRefused(String statement) {
        assertThatExceptionOfType(DefinitionException.class)
                .isThrownBy(() -> create(false, work(statement)))
                .withMessageContaining(TAG);
    }

    @Test
    void soIsANameThatWouldEndItsQuote() {
        assertThatExceptionOfType(DefinitionException.class)
                .isThrownBy(() -> create("\"" + TAG + "\"", false, work("update t set a = 1 where {batch}")))
                .withMessageContaining(TAG);
    }

    @Test
    void otherDollarQuotesAreWelcome() {
        String statement = "update t set a = $$x$$, b = $sluice$y$sluice$, c = '$sluice_12_35$' where {batch}";

        assertThat(create(false, work(statement))).contains("$$x$$", "$sluice$y$sluice$", "'$sluice_12_35$'");
    }

    /** The places of the function's own text are no places in what is put there. */
    @ParameterizedTest
    @ValueSource(strings = {"${workFurther}", "${name}", "${ledger}", "${tag}", "$1", "\\1"})
    void whatLooksLikeAPlaceInAStatementStaysAsItIs(String text) {
        String sql = create(false, work("update t set a = '" + text + "' where {batch}"));

        assertThat(sql.split("set a = '" + Pattern.quote(text) + "' where", -1)).hasSize(3);
        assertThat(sql).doesNotContain("'update");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"${ledger}\"", "\"${workFirst}\""})
    void whatLooksLikeAPlaceInANameStaysAsItIs(String table) {
        String sql = create(table, false, work("update t set a = 1 where {batch}"));

        assertThat(sql).contains("from " + table + " where");
    }
}
