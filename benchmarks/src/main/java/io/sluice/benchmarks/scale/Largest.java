package io.sluice.benchmarks.scale;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The largest of a number that is looked at now and then on a thread of its own, and once more at the end. */
final class Largest implements AutoCloseable {

    /** What is over soon shall be seen at work, too. */
    private static final Duration FIRST = Duration.ofMillis(500);

    private final LongSupplier number;
    private final Duration every;
    private final AtomicLong largest = new AtomicLong();
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread watcher;

    private Largest(String what, Duration every, LongSupplier number) {
        this.number = number;
        this.every = every;
        this.watcher = new Thread(this::watch, "most " + what);
        watcher.setDaemon(true);
    }

    static Largest of(String what, Duration every, LongSupplier number) {
        Largest largest = new Largest(what, every, number);
        largest.watcher.start();
        return largest;
    }

    /** Looks a last time and tells the largest; a number that could not be had is not known, and that is an error. */
    long end() {
        close();
        look();
        RuntimeException failed = failure.get();
        if (failed != null) {
            throw new IllegalStateException(watcher.getName() + " is not known", failed);
        }
        return largest.get();
    }

    @Override
    public void close() {
        over.countDown();
        try {
            watcher.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void watch() {
        try {
            Duration next = every.compareTo(FIRST) < 0 ? every : FIRST;
            while (!over.await(next.toMillis(), TimeUnit.MILLISECONDS)) {
                look();
                next = every;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        try {
            largest.accumulateAndGet(number.getAsLong(), Math::max);
        } catch (RuntimeException e) {
            failure.set(e);
        }
    }
}
