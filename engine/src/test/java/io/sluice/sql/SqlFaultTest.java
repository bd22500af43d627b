package io.sluice.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.R2dbcBadGrammarException;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import io.r2dbc.spi.R2dbcTimeoutException;
import io.sluice.run.RunNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.util.EnumSet;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class SqlFaultTest {

    private static R2dbcNonTransientResourceException error(String state) {
        return new R2dbcNonTransientResourceException("error " + state, state);
    }

    @ParameterizedTest
    @CsvSource({
        "08000, CONNECTION",
        "08003, CONNECTION",
        "08006, CONNECTION",
        "08P01, CONNECTION",
        "25P03, CONNECTION",
        "57P01, SHUTDOWN",
        "57P02, SHUTDOWN",
        "57P03, SHUTDOWN",
        "57P05, SHUTDOWN",
        "53000, RESOURCES",
        "53100, RESOURCES",
        "53200, RESOURCES",
        "53300, RESOURCES",
        "55P03, LOCK_TIMEOUT",
        "40P01, DEADLOCK",
        "40001, SERIALIZATION",
        "57014, TIMEOUT",
        "57P04, PERMANENT",
        "55006, PERMANENT",
        "40002, PERMANENT",
        "25P02, PERMANENT",
        "23505, PERMANENT",
        "22P02, PERMANENT",
        "42601, PERMANENT",
        "42P01, PERMANENT",
        "42501, PERMANENT",
        "28P01, PERMANENT",
        "3D000, PERMANENT",
        "P0001, PERMANENT",
        "XX000, PERMANENT",
        "'', PERMANENT"
    })
    void aStateHasOneMeaning(String state, SqlFault fault) {
        assertThat(SqlFault.of(error(state))).isEqualTo(fault);
    }

    @ParameterizedTest
    @EnumSource
    void whatPassesIsTriedAgain(SqlFault fault) {
        EnumSet<SqlFault> lasting = EnumSet.of(SqlFault.TIMEOUT, SqlFault.PERMANENT);

        assertThat(fault.isTransient()).isEqualTo(!lasting.contains(fault));
    }

    static Stream<Arguments> errorsWithoutAState() {
        return Stream.of(
                Arguments.of(new IOException("reset by peer"), SqlFault.CONNECTION),
                Arguments.of(new ConnectException("refused"), SqlFault.CONNECTION),
                Arguments.of(new TimeoutException("no answer"), SqlFault.CONNECTION),
                Arguments.of(new R2dbcTimeoutException("no connection to be had"), SqlFault.CONNECTION),
                Arguments.of(new DatabaseUnreachableException("main", new IOException()), SqlFault.CONNECTION),
                Arguments.of(new DatabaseUnreachableException("main", error("28P01")), SqlFault.CONNECTION),
                Arguments.of(new RunNotFoundException("main:1"), SqlFault.PERMANENT),
                Arguments.of(new R2dbcBadGrammarException("what"), SqlFault.PERMANENT),
                Arguments.of(new IllegalStateException("a bug"), SqlFault.PERMANENT),
                Arguments.of(new StackOverflowError(), SqlFault.PERMANENT));
    }

    @ParameterizedTest
    @MethodSource("errorsWithoutAState")
    void anErrorWithoutAStateIsJudgedByItsClass(Throwable error, SqlFault fault) {
        assertThat(SqlFault.of(error)).isEqualTo(fault);
        assertThat(SqlFault.of(new IllegalStateException("wrapped", error))).isEqualTo(fault);
        assertThat(SqlFault.of(new IllegalStateException(new IllegalStateException(error))))
                .isEqualTo(fault);
    }

    @Test
    void theNearestCauseWithAStateDecides() {
        R2dbcNonTransientResourceException deadlock = error("40P01");
        R2dbcNonTransientResourceException wrong = new R2dbcNonTransientResourceException("outer", "23505", deadlock);

        assertThat(SqlFault.of(new IllegalStateException(wrong))).isEqualTo(SqlFault.PERMANENT);
        assertThat(SqlFault.of(new R2dbcNonTransientResourceException("no state", deadlock)))
                .isEqualTo(SqlFault.DEADLOCK);
    }

    @Test
    void aStateIsThatOfTheErrorItself() {
        assertThat(SqlFault.sqlState(error("40P01"))).isEqualTo("40P01");
        assertThat(SqlFault.sqlState(new IllegalStateException(error("40P01")))).isNull();
    }

    @Test
    void causesThatGoRoundInACircleComeToAnEnd() {
        IllegalStateException one = new IllegalStateException("one");
        IllegalStateException other = new IllegalStateException("other", one);
        one.initCause(other);

        assertThat(SqlFault.of(one)).isEqualTo(SqlFault.PERMANENT);
    }
}
