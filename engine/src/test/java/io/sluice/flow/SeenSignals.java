package io.sluice.flow;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.util.context.Context;

/** A subscriber that requests only what the test requests, keeps all it sees and counts overlapping signals. */
final class SeenSignals implements CoreSubscriber<Integer> {

    final List<Integer> values = new CopyOnWriteArrayList<>();
    final AtomicInteger completions = new AtomicInteger();
    final AtomicInteger overlaps = new AtomicInteger();
    volatile @Nullable Throwable error;
    volatile @Nullable Subscription subscription;

    private final Context context;
    private final AtomicInteger inside = new AtomicInteger();
    private final CountDownLatch terminated = new CountDownLatch(1);

    SeenSignals() {
        this(Context.empty());
    }

    SeenSignals(Context context) {
        this.context = context;
    }

    @Override
    public Context currentContext() {
        return context;
    }

    @Override
    public void onSubscribe(Subscription s) {
        subscription = s;
    }

    @Override
    public void onNext(Integer value) {
        signal(() -> values.add(value));
    }

    @Override
    public void onError(Throwable t) {
        signal(() -> error = t);
        terminated.countDown();
    }

    @Override
    public void onComplete() {
        signal(completions::incrementAndGet);
        terminated.countDown();
    }

    void request(long n) {
        subscribed().request(n);
    }

    void cancel() {
        subscribed().cancel();
    }

    boolean hasTerminated() {
        return terminated.getCount() == 0;
    }

    boolean awaitTermination() throws InterruptedException {
        return terminated.await(30, TimeUnit.SECONDS);
    }

    Subscription subscribed() {
        Subscription s = subscription;
        if (s == null) {
            throw new AssertionError("not subscribed");
        }
        return s;
    }

    private void signal(Runnable effect) {
        if (inside.getAndIncrement() != 0) {
            overlaps.incrementAndGet();
        }
        effect.run();
        inside.decrementAndGet();
    }
}
