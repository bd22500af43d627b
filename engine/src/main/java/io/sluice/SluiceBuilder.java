package io.sluice;

import io.r2dbc.spi.ConnectionFactory;
import io.sluice.data.DataMigration;
import io.sluice.data.DataRunContext;
import io.sluice.data.DataRunWork;
import io.sluice.data.DataSettings;
import io.sluice.data.builtin.BackfillColumn;
import io.sluice.data.builtin.CopyColumn;
import io.sluice.data.builtin.DeleteAssociatedRecords;
import io.sluice.data.builtin.DeleteOrphanedRecords;
import io.sluice.data.builtin.PerformActionOnRelation;
import io.sluice.data.builtin.ResetCounters;
import io.sluice.event.ErrorHandler;
import io.sluice.event.RunObserver;
import io.sluice.event.SluiceMetrics;
import io.sluice.event.SubBatchSamples;
import io.sluice.ledger.FailureReport;
import io.sluice.ledger.JournalTail;
import io.sluice.ledger.Ledger;
import io.sluice.run.RetryPolicy;
import io.sluice.schema.SchemaRunContext;
import io.sluice.schema.SchemaSettings;
import io.sluice.shard.Budget;
import io.sluice.shard.Shard;
import io.sluice.shard.Turns;
import io.sluice.sql.KeptOpen;
import io.sluice.throttle.Lookout;
import io.sluice.throttle.Throttle;
import io.sluice.worker.Retention;
import io.sluice.worker.RunDriver;
import io.sluice.worker.Worker;
import io.sluice.worker.WorkerSettings;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Puts a {@link Sluice} together; the only class that knows all packages. At least one shard is needed, the rest has defaults. */
public final class SluiceBuilder {

    /** Known to every instance, so that plain SQL can enqueue them anywhere. */
    private static final Map<String, DataMigration> READY_MADE = Stream.of(
                    BackfillColumn.migration(),
                    CopyColumn.migration(),
                    DeleteAssociatedRecords.migration(),
                    DeleteOrphanedRecords.migration(),
                    PerformActionOnRelation.migration(),
                    ResetCounters.migration())
            .collect(Collectors.toUnmodifiableMap(DataMigration::name, it -> it));

    private final Map<String, Shard> shards = new LinkedHashMap<>();
    private final Map<String, DataMigration> migrations = new LinkedHashMap<>();
    private WorkerSettings worker = WorkerSettings.DEFAULTS;
    private DataSettings data = DataSettings.DEFAULTS;
    private SchemaSettings schema = SchemaSettings.DEFAULTS;
    private Retention retention = Retention.DEFAULTS;
    private RetryPolicy attempts = new RetryPolicy(5, Duration.ofSeconds(5), Duration.ofMinutes(10));
    private Throttle throttle = Throttle.none();
    private Budget budget = Budget.DEFAULTS;
    private boolean keepMessages;
    private boolean inline;
    private Predicate<StackTraceElement> stackFrames = FailureReport.WITHOUT_PLUMBING;
    private @Nullable ErrorHandler errors;
    private @Nullable SluiceMetrics metrics;
    private @Nullable String instance;
    private Clock clock = Clock.systemUTC();
    private Scheduler scheduler = Schedulers.parallel();
    private RandomGenerator random = RandomGenerator.getDefault();

    SluiceBuilder() {}

    /** A database that is reached directly. */
    public SluiceBuilder shard(String name, ConnectionFactory connections) {
        return shard(Shard.of(name, connections));
    }

    /**
     * A database to work on.
     *
     * @throws ConfigurationException when there is a shard of that name already
     */
    public SluiceBuilder shard(Shard shard) {
        if (shards.putIfAbsent(shard.name(), shard) != null) {
            throw new ConfigurationException("two shards have the name '" + shard.name() + "'; names must differ");
        }
        return this;
    }

    /**
     * Migrations that this instance knows, besides the ready-made ones.
     *
     * @throws ConfigurationException when there is a migration of that name already
     */
    public SluiceBuilder migrations(DataMigration... declared) {
        for (DataMigration migration : declared) {
            if (READY_MADE.containsKey(migration.name())) {
                throw new ConfigurationException("'" + migration.name() + "' is the name of a ready-made migration, "
                        + "io.sluice.data.builtin." + migration.name() + "; give yours another name");
            }
            if (migrations.putIfAbsent(migration.name(), migration) != null) {
                throw new ConfigurationException(
                        "two migrations have the name '" + migration.name() + "'; names must differ");
            }
        }
        return this;
    }

    public SluiceBuilder worker(WorkerSettings settings) {
        this.worker = settings;
        return this;
    }

    public SluiceBuilder data(DataSettings settings) {
        this.data = settings;
        return this;
    }

    public SluiceBuilder schema(SchemaSettings settings) {
        this.schema = settings;
        return this;
    }

    public SluiceBuilder retention(Retention ages) {
        this.retention = ages;
        return this;
    }

    /** Waits between the attempts of a run as a whole; default 5 s to 10 min. Their number is given when it is enqueued. */
    public SluiceBuilder attempts(RetryPolicy policy) {
        this.attempts = policy;
        return this;
    }

    /** Asked before each sub-batch: the slowest of them wins. Default: none, always go on at full speed. */
    public SluiceBuilder throttle(Throttle... health) {
        this.throttle = Throttle.allOf(health);
        return this;
    }

    /** What all shards together may use of this instance: connections and sub-batches per second, which they take turns at. */
    public SluiceBuilder budget(Budget shared) {
        this.budget = shared;
        return this;
    }

    /** Keeps messages of errors with the values they quote. Off by default: values of rows do not belong in the ledger. */
    public SluiceBuilder keepMessages() {
        this.keepMessages = true;
        return this;
    }

    /**
     * Which frames of the stacks of errors are kept in the ledger, the first 40 of each cause. Default: those outside of Reactor, Netty
     * and {@code java.util.concurrent}.
     */
    public SluiceBuilder stackFrames(Predicate<StackTraceElement> kept) {
        this.stackFrames = kept;
        return this;
    }

    /** Told of each failed attempt of a batch and of each error that ends the work on a run. Default: nobody. */
    public SluiceBuilder errors(ErrorHandler handler) {
        this.errors = handler;
        return this;
    }

    /** Meters and observations of Micrometer. Default: none, at no cost. */
    public SluiceBuilder metrics(SluiceMetrics meters) {
        this.metrics = meters;
        return this;
    }

    /**
     * Orders without a mode run {@link Enqueue#inline()}, except those that join a transaction: for development and tests. Default: off.
     */
    public SluiceBuilder inline() {
        this.inline = true;
        return this;
    }

    /** Name of this instance, as others see it in leases; default: made up. */
    public SluiceBuilder instance(String name) {
        this.instance = name;
        return this;
    }

    /** The clock of rates and estimates; leases go by the clock of the database. */
    public SluiceBuilder clock(Clock time) {
        this.clock = time;
        return this;
    }

    /** The scheduler of every wait; virtual time in tests. */
    public SluiceBuilder scheduler(Scheduler timers) {
        this.scheduler = timers;
        return this;
    }

    /** The source of jitter. */
    public SluiceBuilder random(RandomGenerator jitter) {
        this.random = jitter;
        return this;
    }

    /**
     * Connects to nothing yet.
     *
     * @throws ConfigurationException when there is no shard, or a migration is declared for one that there is not
     */
    public Sluice build() {
        if (shards.isEmpty()) {
            throw new ConfigurationException("there is no shard; give at least one, shard(name, connectionFactory)");
        }
        for (DataMigration migration : migrations.values()) {
            for (String name : migration.shards()) {
                if (!shards.containsKey(name)) {
                    throw new ConfigurationException("migration '" + migration.name() + "' is declared for shard '"
                            + name + "'; there are " + shards.keySet());
                }
            }
        }
        String owner =
                instance == null ? "sluice-" + UUID.randomUUID().toString().substring(0, 8) : instance;
        Map<String, DataMigration> known = new LinkedHashMap<>(migrations);
        known.putAll(READY_MADE);
        SubBatchSamples samples = new SubBatchSamples(scheduler);
        Shared shared = new Shared(
                Map.copyOf(known),
                observer(samples),
                owner,
                new Turns(budget, scheduler),
                new KeptOpen(budget.connections() + budget.looks()));
        List<ShardOffice> offices = new ArrayList<>();
        shards.values().forEach(shard -> offices.add(office(shard, shared, offices.size() < worker.listeners())));
        Declared declared = new Declared(
                offices.stream()
                        .collect(
                                Collectors.toMap(ShardOffice::name, it -> it, (one, other) -> one, LinkedHashMap::new)),
                shared.known);
        Foreground foreground = new Foreground(owner, worker);
        return new Sluice(
                declared,
                new Intake(foreground, inline),
                foreground,
                new ProgressStream(clock, scheduler),
                new EventStream(samples, clock, scheduler),
                new SchemaMigrations(declared, foreground, inline, new SchemaProgressStream(clock, scheduler)));
    }

    /** What all shards share. */
    private record Shared(
            Map<String, DataMigration> known, RunObserver observer, String owner, Turns turns, KeptOpen keptOpen) {}

    private ShardOffice office(Shard shard, Shared shared, boolean listens) {
        Ledger ledger = new Ledger(shard, shared.keptOpen, scheduler);
        FailureReport failures = new FailureReport(keepMessages, stackFrames);
        DataSettings own = data.withLimits(data.limits().withIdle(idle()));
        Throttle health = throttle.at(new Lookout(ledger.connections(), scheduler));
        DataRunWork work = new DataRunWork(new DataRunContext(
                ledger, own, failures, health, shared.observer, shared.known, worker.lease(), scheduler, random));
        ConnectionFactory straight = shard.direct();
        SchemaDesk desk = new SchemaDesk(new SchemaRunContext(
                ledger,
                straight == null ? null : ledger.connections().beside("direct", straight),
                schema,
                health,
                worker.watch(),
                scheduler,
                random));
        RunDriver driver = new RunDriver(ledger, worker, attempts, failures, shared.observer, scheduler, random);
        Worker hands = new Worker(
                shard,
                ledger,
                List.of(work, desk.work()),
                driver,
                shared.observer,
                worker,
                retention,
                listens,
                shared.turns,
                shared.owner,
                scheduler,
                random);
        // more than stay open are not followed more often than they are looked at for work
        Duration look = shards.size() > shared.keptOpen.most() ? worker.idlePoll() : JournalTail.LOOK;
        return new ShardOffice(ledger, work, desk, driver, hands, shared.turns, look, scheduler);
    }

    private RunObserver observer(SubBatchSamples samples) {
        List<RunObserver> observers = new ArrayList<>(List.of(samples));
        if (metrics != null) {
            observers.add(metrics);
        }
        if (errors != null) {
            observers.add(RunObserver.handling(errors, scheduler));
        }
        return RunObserver.of(observers);
    }

    /** A transaction of a frozen worker must be gone before its lease is. */
    private Duration idle() {
        Duration most = worker.lease().multipliedBy(2).dividedBy(3);
        return data.limits().idle().compareTo(most) <= 0 ? data.limits().idle() : most;
    }
}
