package io.sluice.data;

import io.sluice.event.RunObserver;
import io.sluice.run.Run;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** A session whose sub-batches somebody observes. */
final class ObservedSession implements LaneSession {

    private final LaneSession session;
    private final Run run;
    private final RunObserver observer;
    private final Scheduler scheduler;
    private long answeredAt;

    ObservedSession(LaneSession session, Run run, RunObserver observer, Scheduler scheduler) {
        this.session = session;
        this.run = run;
        this.observer = observer;
        this.scheduler = scheduler;
    }

    @Override
    public Mono<SubBatch> next(int target) {
        return Mono.defer(() -> {
            long sentAt = now();
            return observer.around(run, session.next(target)).doOnNext(done -> tell(done, sentAt));
        });
    }

    @Override
    public int depth() {
        return session.depth();
    }

    /** Answers come one after the other, in the order of the calls: one that was sent early waited for the one before. */
    private void tell(SubBatch done, long sentAt) {
        long now = now();
        long beganAt = Math.max(sentAt, answeredAt);
        answeredAt = now;
        if (done.isCommitted()) {
            observer.subBatchDone(run, done.seen(), done.changed(), Duration.ofNanos(1_000L * (now - beganAt)));
        }
    }

    private long now() {
        return scheduler.now(TimeUnit.MICROSECONDS);
    }
}
