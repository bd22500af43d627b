package io.sluice.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.postgresql.api.ErrorDetails;
import io.r2dbc.postgresql.api.PostgresqlException;
import io.r2dbc.postgresql.message.backend.Field;
import io.r2dbc.postgresql.message.backend.Field.FieldType;
import io.r2dbc.spi.R2dbcException;
import io.sluice.run.Failure;
import io.sluice.run.RunNotFoundException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FailureReportTest {

    private static final FailureReport REPORT = new FailureReport(false);
    private static final FailureReport KEEPING = new FailureReport(true);

    /** An error of the server with everything it may say. */
    private static final class ServerError extends R2dbcException implements PostgresqlException {

        private static final long serialVersionUID = 1L;

        private final transient ErrorDetails details;

        ServerError(String state, String message) {
            super(message, state);
            this.details = new ErrorDetails(List.of(
                    new Field(FieldType.CODE, state),
                    new Field(FieldType.MESSAGE, message),
                    new Field(FieldType.DETAIL, "Key (email)=(secret-detail) already exists."),
                    new Field(FieldType.HINT, "secret-hint"),
                    new Field(FieldType.WHERE, "PL/pgSQL function secret-context"),
                    new Field(FieldType.CONSTRAINT_NAME, "users_email_key"),
                    new Field(FieldType.TABLE_NAME, "users"),
                    new Field(FieldType.COLUMN_NAME, "email")));
        }

        @Override
        public ErrorDetails getErrorDetails() {
            return details;
        }
    }

    private static String message(String state, String message) {
        return REPORT.of(new ServerError(state, message)).message();
    }

    @Nested
    class OfTheServer {

        private final Failure failure = REPORT.of(
                new ServerError("23505", "duplicate key value violates unique constraint \"users_email_key\""));

        @Test
        void classStateAndNamesAreKept() {
            assertThat(failure.errorClass()).isEqualTo(ServerError.class.getName());
            assertThat(failure.sqlState()).isEqualTo("23505");
            assertThat(failure.constraint()).isEqualTo("users_email_key");
            assertThat(failure.table()).isEqualTo("users");
            assertThat(failure.column()).isEqualTo("email");
        }

        @Test
        void detailHintAndContextAreNowhere() {
            assertThat(failure.toString()).doesNotContain("secret");
            assertThat(KEEPING.of(new ServerError("23505", "x")).toString()).doesNotContain("secret");
        }

        @Test
        void theNearestCauseWithAStateIsTold() {
            Failure wrapped =
                    REPORT.of(new IllegalStateException("outer", new ServerError("40P01", "deadlock detected")));

            assertThat(wrapped.sqlState()).isEqualTo("40P01");
            assertThat(wrapped.message()).isEqualTo("deadlock detected");
            assertThat(wrapped.stack())
                    .startsWith("java.lang.IllegalStateException\n")
                    .contains("caused by " + ServerError.class.getName());
        }
    }

    @Nested
    class Masks {

        @ParameterizedTest
        @CsvSource(
                quoteCharacter = '`',
                value = {
                    "22P02, `invalid input syntax for type integer: \"secret\"`, `invalid input syntax for type integer: \"…\"`",
                    "22P02, `invalid input syntax for type integer: \"secret \"secret\" secret\"`, `invalid input syntax for type integer: \"…\"`",
                    "22P02, `invalid input syntax for type integer: \"secret\"secret\"`, `invalid input syntax for type integer: \"…\"`",
                    "22003, `value \"secret\" is out of range for type integer`, `value \"…\" is out of range for type integer`",
                    "22P02, `ungültige Eingabesyntax für Typ integer: »secret«`, `ungültige Eingabesyntax für Typ integer: \"…\"`",
                    "22P02, `syntaxe en entrée invalide : « secret »`, `syntaxe en entrée invalide : \"…\"`",
                    "P0001, `no such user: \"secret\"`, `no such user: \"…\"`",
                    "P0001, `no such user: 'secret'`, `no such user: '…'`",
                    "P0001, `it's not allowed: 'secret'`, `it's not allowed: '…'`",
                    "P0001, `not allowed: 'it''s secret'`, `not allowed: '…'`",
                    "P0001, `not allowed: 'it's secret'`, `not allowed: '…'`",
                    "P0001, `not allowed: 'secret`, `not allowed: '…'`",
                    "P0001, `not allowed: \"secret`, `not allowed: \"…\"`",
                    "XX000, `cache lookup failed for \"secret\"`, `cache lookup failed for \"…\"`"
                })
        void whatMayBeAValue(String state, String said, String kept) {
            assertThat(message(state, said)).isEqualTo(kept);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "08006", "23514", "25P02", "40001", "42703", "53300", "55P03", "57014", "58030", "3F000", "0A000"
                })
        void noNamesWhereTheClassOfTheStateSaysTheyAreNames(String state) {
            assertThat(message(state, "new row for relation \"users\" and 'secret' in \"email\""))
                    .isEqualTo("new row for relation \"users\" and '…' in \"email\"");
        }

        @ParameterizedTest
        @ValueSource(strings = {"22023", "P0001", "XX000", "54000", "2F000", "23", ""})
        void namesToo(String state) {
            assertThat(message(state, "new row for \"secret\"")).isEqualTo("new row for \"…\"");
        }

        @Test
        void errorsThatAreNotOfTheServer() {
            assertThat(REPORT.of(new IllegalStateException("can't parse 'secret' of \"secret\""))
                            .message())
                    .isEqualTo("can't parse '…' of \"…\"");
        }

        @Test
        void aValueOfAnyLength() {
            String value = "it''s \"\" secret".repeat(50_000);

            assertThat(message("P0001", "no '" + value + "'")).isEqualTo("no '…'");
            assertThat(message("P0001", "no \"" + value + "\""))
                    .startsWith("no \"…")
                    .doesNotContain("secret");
        }

        @Test
        void acrossLines() {
            assertThat(message("P0001", "no 'a\nsecret\nb'!")).isEqualTo("no '…'!");
        }
    }

    @Nested
    class Keeps {

        @Test
        void ourOwnMessagesAsTheyAre() {
            assertThat(REPORT.of(new RunNotFoundException("'fill' \"x\"")).message())
                    .contains("'fill' \"x\"");
        }

        @Test
        void everyMessageWhenAskedTo() {
            String said = "invalid input syntax for type integer: \"secret\" 'secret'";

            assertThat(KEEPING.of(new ServerError("22P02", said)).message()).isEqualTo(said);
            assertThat(KEEPING.of(new IllegalStateException(said)).message()).isEqualTo(said);
        }

        @Test
        void nothingButTheBeginningOfALongMessage() {
            assertThat(REPORT.of(new IllegalStateException("x".repeat(5_000))).message())
                    .hasSize(2_000);
        }

        @Test
        void nothingThatTheLedgerCannotHold() {
            assertThat(KEEPING.of(new IllegalStateException("a\0b")).message()).doesNotContain("\0");
        }

        @Test
        void anEmptyMessageWhenThereIsNone() {
            assertThat(REPORT.of(new IllegalStateException()).message()).isEmpty();
        }
    }

    @Nested
    class Stack {

        @Test
        void hasClassesAndFramesOfAllCausesAndNoMessage() {
            Failure failure =
                    REPORT.of(new IllegalStateException("secret-1", new IllegalArgumentException("secret-2")));

            assertThat(failure.stack())
                    .startsWith("java.lang.IllegalStateException\n  at ")
                    .contains("caused by java.lang.IllegalArgumentException\n  at ", "FailureReportTest")
                    .doesNotContain("secret");
        }

        private static Exception deep(Exception cause) {
            Exception deep = new Exception(cause);
            StackTraceElement[] frames = new StackTraceElement[10_000];
            Arrays.setAll(frames, i -> new StackTraceElement("Some", "method" + i, "Some.java", 1));
            deep.setStackTrace(frames);
            return deep;
        }

        private static Exception through(String... classes) {
            Exception error = new Exception();
            error.setStackTrace(Arrays.stream(classes)
                    .map(it -> new StackTraceElement(it, "call", null, 1))
                    .toArray(StackTraceElement[]::new));
            return error;
        }

        private static final String[] CLASSES = {
            "app.Work",
            "reactor.core.publisher.MonoMap",
            "io.r2dbc.X",
            "io.netty.Y",
            "java.util.concurrent.Z",
            "java.lang.Thread"
        };

        @Test
        void isWithoutThePlumbing() {
            assertThat(REPORT.of(through(CLASSES)).stack()).isEqualTo("""
                            java.lang.Exception
                              at app.Work.call(Unknown Source)
                              at io.r2dbc.X.call(Unknown Source)
                            """);
        }

        @Test
        void hasTheFramesThatAreAskedFor() {
            FailureReport report =
                    new FailureReport(false, frame -> frame.getClassName().startsWith("app."));

            assertThat(report.of(through(CLASSES)).stack()).isEqualTo("""
                            java.lang.Exception
                              at app.Work.call(Unknown Source)
                            """);
        }

        @Test
        void isWholeWhereTheFilterFails() {
            FailureReport report = new FailureReport(false, frame -> {
                throw new IllegalStateException("of the filter");
            });

            assertThat(report.of(through(CLASSES)).stack().lines()).hasSize(1 + CLASSES.length);
        }

        @Test
        void leavesRoomForTheCauses() {
            assertThat(REPORT.of(deep(new IllegalArgumentException())).stack())
                    .contains("at Some.method39(")
                    .doesNotContain("at Some.method40(")
                    .contains("caused by java.lang.IllegalArgumentException");
        }

        @Test
        void isCut() {
            Exception error = deep(null);
            for (int i = 0; i < 20; i++) {
                error = deep(error);
            }

            assertThat(REPORT.of(error).stack()).hasSize(8_000);
        }

        @Test
        void endsWhenCausesGoRoundInACircle() {
            IllegalStateException one = new IllegalStateException("one");
            one.initCause(new IllegalStateException("other", one));

            assertThat(REPORT.of(one).stack()).contains("caused by");
        }
    }

    @Nested
    class Columns {

        @Test
        void areInTheOrderOfTheLedger() {
            Failure failure = new Failure("c", "m", "s", "con", "t", "col", "st");

            assertThat(FailureReport.columns(failure)).containsExactly("c", "m", "s", "con", "t", "col", "st");
            assertThat(FailureReport.columns(null)).hasSize(7).containsOnlyNulls();
        }

        @Test
        void areToldInOneLine() {
            assertThat(new Failure("c", "m", "40001", null, null, null, null).summary())
                    .isEqualTo("c [40001]: m");
            assertThat(new Failure("c", "m", null, null, null, null, null).summary())
                    .isEqualTo("c: m");
        }
    }
}
