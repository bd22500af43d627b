package io.sluice.scenario;

import io.r2dbc.spi.ConnectionFactories;
import io.sluice.Sluice;
import io.sluice.shard.Shard;
import io.sluice.worker.WorkerSettings;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A program that runs a Sluice with the migrations of {@link PlusOne} until it is ended; {@link ChildWorker} starts it.
 * Arguments: address of the database, name of the instance, lease in milliseconds. Every half second it says on standard
 * output how many bytes of its heap are alive.
 */
final class WorkerProcess {

    private static final Duration SAMPLE = Duration.ofMillis(500);

    private WorkerProcess() {}

    public static void main(String[] arguments) throws InterruptedException {
        Duration lease = Duration.ofMillis(Long.parseLong(arguments[2]));
        Sluice sluice = sluice(Shard.of("primary", ConnectionFactories.get(arguments[0])), arguments[1], lease);
        sluice.start().block();
        CountDownLatch forever = new CountDownLatch(1);
        while (!forever.await(SAMPLE.toMillis(), TimeUnit.MILLISECONDS)) {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            System.out.println("heap " + (runtime.totalMemory() - runtime.freeMemory()));
        }
    }

    /** The same in this process: both forms at one time, and quick to see what a dead worker left behind. */
    static Sluice sluice(Shard shard, String instance, Duration lease) {
        return Sluice.builder()
                .shard(shard)
                .migrations(PlusOne.migrations())
                .instance(instance)
                .worker(WorkerSettings.DEFAULTS
                        .withLease(lease)
                        .withDataRuns(PlusOne.values().length)
                        .withIdlePoll(Duration.ofMillis(200)))
                .build();
    }
}
