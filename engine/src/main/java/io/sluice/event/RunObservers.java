package io.sluice.event;

import io.sluice.run.Run;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Several observers as one. One that throws is logged; the others and the run hear nothing of it. */
final class RunObservers implements RunObserver {

    private static final Logger LOG = LoggerFactory.getLogger(RunObservers.class);

    private final List<RunObserver> observers;

    RunObservers(List<RunObserver> observers) {
        this.observers = List.copyOf(observers);
    }

    @Override
    public void claimed(Run run) {
        each(it -> it.claimed(run));
    }

    @Override
    public void leaseRenewed(Run run) {
        each(it -> it.leaseRenewed(run));
    }

    @Override
    public void leaseLost(Run run) {
        each(it -> it.leaseLost(run));
    }

    @Override
    public void statusChanged(Run run) {
        each(it -> it.statusChanged(run));
    }

    @Override
    public <T> Mono<T> around(Run run, Mono<T> subBatch) {
        Mono<T> observed = subBatch;
        for (RunObserver observer : observers) {
            observed = observer.around(run, observed);
        }
        return observed;
    }

    @Override
    public void subBatchDone(Run run, long rowsSeen, long rowsChanged, Duration took) {
        each(it -> it.subBatchDone(run, rowsSeen, rowsChanged, took));
    }

    @Override
    public Mono<Void> batchFailed(Run run, Throwable error) {
        return oneByOne(it -> it.batchFailed(run, error));
    }

    @Override
    public void batchRetried(Run run) {
        each(it -> it.batchRetried(run));
    }

    @Override
    public void batchSplit(Run run) {
        each(it -> it.batchSplit(run));
    }

    @Override
    public void rowQuarantined(Run run) {
        each(it -> it.rowQuarantined(run));
    }

    @Override
    public void waited(Run run, Duration time) {
        each(it -> it.waited(run, time));
    }

    @Override
    public void throttled(Run run, String source, Duration lost) {
        each(it -> it.throttled(run, source, lost));
    }

    @Override
    public Mono<Void> failed(Run run, Throwable error) {
        return oneByOne(it -> it.failed(run, error));
    }

    @Override
    public Mono<Void> callbackFailed(Run run, Throwable error) {
        return oneByOne(it -> it.callbackFailed(run, error));
    }

    @Override
    public boolean wantsStandings() {
        return observers.stream().anyMatch(RunObserver::wantsStandings);
    }

    @Override
    public void standings(String shard, List<Standing> standings) {
        each(it -> it.standings(shard, standings));
    }

    private void each(Consumer<RunObserver> told) {
        for (RunObserver observer : observers) {
            try {
                told.accept(observer);
            } catch (RuntimeException | LinkageError e) {
                LOG.warn("{} failed; what it observes goes on", observer, e);
            }
        }
    }

    private Mono<Void> oneByOne(Function<RunObserver, Mono<Void>> told) {
        return Flux.fromIterable(observers).concatMap(told).then();
    }
}
