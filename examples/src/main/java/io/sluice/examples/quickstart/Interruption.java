package io.sluice.examples.quickstart;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Ctrl-C, or another request to end: it only asks, and holds the end of the JVM back until the main thread has tidied up in
 * its own order, leases before databases, or for 25 seconds.
 */
final class Interruption implements AutoCloseable {

    private static final Duration TIDIES_WITHIN = Duration.ofSeconds(25);

    private final Sinks.Empty<Void> asked = Sinks.empty();
    private final CountDownLatch asking = new CountDownLatch(1);
    private final CountDownLatch tidy = new CountDownLatch(1);
    private final Thread hook = new Thread(this::askAndWait, "quickstart-interruption");

    private Interruption() {}

    static Interruption watch() {
        Interruption interruption = new Interruption();
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        return interruption;
    }

    /** Completes when it is asked for. */
    Mono<Void> asked() {
        return asked.asMono();
    }

    boolean isAsked() {
        return asking.getCount() == 0;
    }

    /** Blocks until it is asked for. */
    void await() {
        try {
            asking.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** All is tidied up: the JVM may end. */
    @Override
    public void close() {
        tidy.countDown();
        if (!isAsked()) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                return; // asked for at this very instant, when there is nothing left to do
            }
        }
    }

    private void askAndWait() {
        asking.countDown();
        asked.tryEmitEmpty();
        try {
            if (!tidy.await(TIDIES_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
                System.err.println("gave up tidying up after " + TIDIES_WITHIN.toSeconds() + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
