package io.sluice.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many keys the next sub-batch may have, as the ledger finds it out at each checkpoint. */
class NextSizeIT {

    private static final LedgerOnTrial TRIAL = LedgerOnTrial.installed();

    @AfterAll
    static void close() {
        TRIAL.close();
    }

    @ParameterizedTest
    @CsvSource({
        // asked, seen, took, weighted rows, weighted ms, next
        "1000, 1000, 10, 1000, 10, 1500",
        "1000, 1000, 100, 1000, 100, 500",
        "1000, 1000, 50, 1000, 50, 1000",
        "1000, 1000, 251, 1000, 251, 100",
        "1000, 1000, 249, 1000, 249, 200",
        "15000, 15000, 1, 15000, 1, 20000",
        "60, 60, 240, 60, 240, 50",
        "50, 50, 5000, 50, 5000, 50",
        "30, 30, 5000, 30, 5000, 30",
        "1, 1, 1, 1, 1, 2",
        "1000, 7, 1, 7, 1, 1000",
        "1000, 1000, 0, 1000, 0, 1500"
    })
    void withATargetItIsWhatFitsIntoIt(int asked, long seen, double took, double rows, double ms, int next) {
        assertThat(next(asked, seen, took, rows, ms, 50)).isEqualTo(next);
    }

    @ParameterizedTest
    @CsvSource({"1, 2", "2, 3", "100, 125", "799, 998", "800, 0", "999, 0"})
    void withoutATargetOneThatWasCutGrowsBack(int asked, int next) {
        assertThat(next(asked, asked, 1, 0, 0, 0)).isEqualTo(next);
    }

    @Test
    void atAConstantCostItSettlesWithinAFewSteps() {
        List<Integer> sizes = new ArrayList<>();
        double rows = 0;
        double ms = 0;
        int size = 1_000;
        for (int step = 0; step < 20; step++) {
            double took = size * 0.01;
            rows = 0.75 * rows + size;
            ms = 0.75 * ms + took;
            size = (int) next(size, size, took, rows, ms, 50);
            sizes.add(size);
        }

        assertThat(sizes).startsWith(1_500, 2_250, 3_375);
        assertThat(sizes.subList(3, 20)).allSatisfy(it -> assertThat(it).isBetween(4_995, 5_000));
    }

    @Test
    void whenRowsBecomeTenTimesAsCostlyItFollowsWithoutSwinging() {
        List<Integer> sizes = new ArrayList<>();
        double rows = 20_000;
        double ms = 200;
        int size = 5_000;
        for (int step = 0; step < 30; step++) {
            double took = size * 0.1;
            boolean panic = took > 250;
            rows = panic ? size : 0.75 * rows + size;
            ms = panic ? took : 0.75 * ms + took;
            size = (int) next(size, size, took, rows, ms, 50);
            sizes.add(size);
        }

        assertThat(sizes.subList(10, 30)).allSatisfy(it -> assertThat(it).isBetween(450, 550));
    }

    /** The next size; 0 where it is null, which means the size that is set. */
    private static long next(int asked, long seen, double took, double rows, double ms, int target) {
        return TRIAL.number(String.format(
                Locale.ROOT,
                "select coalesce(sluice.next_size(%d, %d, %f, %f, %f, 1000, %d, 50, 20000), 0)::bigint",
                asked,
                seen,
                took,
                rows,
                ms,
                target));
    }
}
