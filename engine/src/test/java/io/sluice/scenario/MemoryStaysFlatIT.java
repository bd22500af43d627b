package io.sluice.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Sluice;
import io.sluice.run.RunStatus;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Promise 5: memory does not grow with the table, nor with the number of its sub-batches. */
class MemoryStaysFlatIT {

    private static final Logger LOG = LoggerFactory.getLogger(MemoryStaysFlatIT.class);

    private static final boolean NIGHTLY = Boolean.getBoolean("sluice.nightly");
    private static final int SUB_BATCH_SIZE = NIGHTLY ? 100 : 10;
    private static final long ROWS = NIGHTLY ? 10_000_000 : 10_000L * SUB_BATCH_SIZE;
    private static final Duration AT_MOST = NIGHTLY ? Duration.ofMinutes(60) : Duration.ofMinutes(3);
    private static final long MIB = 1L << 20;

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    @Test
    void overTenThousandSubBatchesInSixtyFourMegabytes() {
        Sluice operator = story.instance("operator");
        Watched run = story.enqueued(operator, PlusOne.SQL, ROWS, SUB_BATCH_SIZE);

        ChildWorker worker = story.child("worker", "-Xmx64m");
        run.awaitStatus(RunStatus.SUCCEEDED, AT_MOST);

        PlusOne.SQL.assertEveryRowOnce(story.database());
        List<Long> alive = heapOf(worker);
        LOG.info(
                "heap alive after collections, in KiB: {}",
                alive.stream().map(it -> it / 1024).toList());
        assertThat(alive).as("samples").hasSizeGreaterThan(4);
        // the first third still loads classes
        long early = greatest(alive.subList(alive.size() / 3, 2 * alive.size() / 3));
        long late = greatest(alive.subList(2 * alive.size() / 3, alive.size()));
        assertThat(late).as("bytes alive late, early were %d", early).isLessThan(early + 2 * MIB);
    }

    private static List<Long> heapOf(ChildWorker worker) {
        return worker.said().stream()
                .filter(line -> line.startsWith("heap "))
                .map(line -> Long.parseLong(line.substring(5)))
                .toList();
    }

    private static long greatest(List<Long> samples) {
        return samples.stream().mapToLong(it -> it).max().orElseThrow();
    }
}
