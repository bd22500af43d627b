package io.sluice.event;

import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * What this instance does with its runs, told at the moment it happens: metrics, sampled events and the error handler listen
 * here. Whoever observes must not block. What returns a Mono is waited for; it must end by itself and never errors.
 */
public interface RunObserver {

    /** Observes nothing. */
    RunObserver NONE = new RunObserver() {};

    /** All of them as one. One that throws is logged; the others and the run hear nothing of it. */
    static RunObserver of(List<RunObserver> observers) {
        return observers.isEmpty() ? NONE : new RunObservers(observers);
    }

    /** Tells a handler of errors, for ten seconds at most; its own are logged and dropped. */
    static RunObserver handling(ErrorHandler handler, Scheduler scheduler) {
        return new HandledErrors(handler, scheduler);
    }

    /** A run was claimed by this instance. */
    default void claimed(Run run) {}

    /** The lease of a run was renewed. */
    default void leaseRenewed(Run run) {}

    /** Another worker has the run, or it could not be made sure that none has. */
    default void leaseLost(Run run) {}

    /** This instance let go of a run, which stands as given. */
    default void statusChanged(Run run) {}

    /** A sub-batch that is about to be sent; what is returned is done in its place. */
    default <T> Mono<T> around(Run run, Mono<T> subBatch) {
        return subBatch;
    }

    /**
     * A sub-batch was committed.
     *
     * @param took from when it was sent, or the one before had answered, to its answer
     */
    default void subBatchDone(Run run, long rowsSeen, long rowsChanged, Duration took) {}

    /** An attempt of a batch failed, and that is in the ledger. */
    default Mono<Void> batchFailed(Run run, Throwable error) {
        return Mono.empty();
    }

    /** A batch that failed is tried again now. */
    default void batchRetried(Run run) {}

    /** A batch is split to find what fails in it. */
    default void batchSplit(Run run) {}

    /** A row was put into quarantine. */
    default void rowQuarantined(Run run) {}

    /**
     * The throttle cost a run some time.
     *
     * @param source what cost it: one of a few names, as {@code replication lag}
     * @param lost since this was told last
     */
    default void throttled(Run run, String source, Duration lost) {}

    /**
     * A run has waited for its turn in the budget of all shards.
     *
     * @param time for one sub-batch, since it could have begun
     */
    default void waited(Run run, Duration time) {}

    /** The work on a run ended with an error; the run stands as given. */
    default Mono<Void> failed(Run run, Throwable error) {
        return Mono.empty();
    }

    /** A callback of the migration failed; the run goes on, and stands as given. */
    default Mono<Void> callbackFailed(Run run, Throwable error) {
        return Mono.empty();
    }

    /** How many runs of a migration stand at a status. */
    record Standing(String migration, RunStatus status, long runs) {}

    /** True for who wants to be told of {@link #standings}, which costs a query each time. */
    default boolean wantsStandings() {
        return false;
    }

    /** Where all runs of a shard stand, whoever works on them; told every few seconds. */
    default void standings(String shard, List<Standing> standings) {}
}
