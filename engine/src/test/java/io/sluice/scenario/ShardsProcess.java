package io.sluice.scenario;

import io.r2dbc.spi.ConnectionFactoryOptions;
import io.sluice.Sluice;
import io.sluice.SluiceBuilder;
import io.sluice.shard.Budget;
import io.sluice.worker.WorkerSettings;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A program that works on {@link ManyShards} until it is ended; {@link ChildWorker} starts it. Arguments: schemas of each database,
 * connections and looks of the budget, ms of a turn, and the addresses of the databases. On standard output it says when it has
 * installed and enqueued and then, each second, how many threads it has and how many bytes of its heap are in use.
 */
final class ShardsProcess {

    private static final Duration SAMPLE = Duration.ofSeconds(1);
    private static final Duration INSTALLED = Duration.ofMinutes(15);
    private static final int SUB_BATCH = 20;

    private ShardsProcess() {}

    public static void main(String[] arguments) throws InterruptedException {
        List<ConnectionFactoryOptions> databases = Arrays.stream(arguments)
                .skip(4)
                .map(ConnectionFactoryOptions::parse)
                .toList();
        SluiceBuilder builder = Sluice.builder()
                .migrations(ManyShards.PLUS_ONE)
                .worker(WorkerSettings.DEFAULTS.withListeners(0).withIdlePoll(Duration.ofSeconds(30)))
                .budget(Budget.DEFAULTS
                        .withConnections(Integer.parseInt(arguments[1]))
                        .withLooks(Integer.parseInt(arguments[2]))
                        .withTurn(Duration.ofMillis(Long.parseLong(arguments[3]))));
        ManyShards.shards(databases, Integer.parseInt(arguments[0])).forEach(builder::shard);
        Sluice sluice = builder.build();
        sluice.install().block(INSTALLED);
        System.out.println("installed");
        sluice.enqueue(ManyShards.enqueue(SUB_BATCH)).then().block(INSTALLED);
        System.out.println("enqueued");
        // who follows what happens opens no more
        sluice.events().subscribe();
        sluice.start().block();
        CountDownLatch forever = new CountDownLatch(1);
        while (!forever.await(SAMPLE.toMillis(), TimeUnit.MILLISECONDS)) {
            Runtime runtime = Runtime.getRuntime();
            System.out.println("threads " + ManagementFactory.getThreadMXBean().getThreadCount());
            System.out.println("heap " + (runtime.totalMemory() - runtime.freeMemory()));
        }
    }
}
