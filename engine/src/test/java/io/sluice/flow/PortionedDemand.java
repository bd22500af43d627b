package io.sluice.flow;

import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/** Requests a few elements at a time from other threads, and passes the signals on. */
final class PortionedDemand extends BaseSubscriber<Integer> {

    private final SeenSignals seen;
    private final int total;
    private final AtomicLong requested;
    private final Executor threads;

    PortionedDemand(SeenSignals seen, int total, AtomicLong requested, Executor threads) {
        this.seen = seen;
        this.total = total;
        this.requested = requested;
        this.threads = threads;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        seen.onSubscribe(subscription);
        requestSome(10);
    }

    @Override
    protected void hookOnNext(Integer value) {
        if (value == total || value % 1_000 == 0) {
            seen.onNext(value);
        }
        threads.execute(() -> requestSome(ThreadLocalRandom.current().nextInt(1, 3)));
    }

    @Override
    protected void hookOnError(Throwable error) {
        seen.onError(error);
    }

    @Override
    protected void hookOnComplete() {
        seen.onComplete();
    }

    private void requestSome(int n) {
        requested.addAndGet(n);
        request(n);
    }
}
