package io.sluice.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.OptionalDouble;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ProgressTest {

    private static Progress progress(RunStatus status, long seen, RowTotal total) {
        return new Progress(
                new RunId("main", 1),
                status,
                Progress.Phase.WORKING,
                seen,
                seen,
                0,
                total,
                0,
                null,
                null,
                Duration.ZERO);
    }

    @ParameterizedTest
    @CsvSource({"0, 200, 0", "50, 200, 25", "199, 200, 99.5", "200, 200, 99.9", "900, 200, 99.9", "0, 0, 0", "5, 0, 0"})
    void percentIsTheShareOfRowsButNeverAllBeforeTheEnd(long seen, long rows, double percent) {
        assertThat(progress(RunStatus.RUNNING, seen, RowTotal.exact(rows)).percent())
                .hasValue(percent);
        assertThat(progress(RunStatus.RUNNING, seen, RowTotal.estimate(rows)).percent())
                .hasValue(percent);
    }

    @ParameterizedTest
    @EnumSource
    void onlySuccessIsAHundred(RunStatus status) {
        OptionalDouble percent = progress(status, 10, RowTotal.exact(10)).percent();

        assertThat(percent).hasValue(status == RunStatus.SUCCEEDED ? 100 : 99.9);
    }

    @ParameterizedTest
    @EnumSource
    void withoutATotalThereIsNoShare(RunStatus status) {
        OptionalDouble percent = progress(status, 10, RowTotal.UNKNOWN).percent();

        assertThat(percent).isEqualTo(status == RunStatus.SUCCEEDED ? OptionalDouble.of(100) : OptionalDouble.empty());
    }
}
