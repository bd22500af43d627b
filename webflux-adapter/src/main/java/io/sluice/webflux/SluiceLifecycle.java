package io.sluice.webflux;

import io.sluice.Sluice;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Installs the ledgers and runs the workers while the application is up. It begins last and ends first, so that leases are handed back
 * while everything that a migration may use is still there. What is wrong with a database never fails the start: it is
 * logged, tried again, and told of by the health of the application.
 */
final class SluiceLifecycle implements SmartLifecycle, DisposableBean {

    private static final Logger LOG = LoggerFactory.getLogger(SluiceLifecycle.class);

    /** For a database that answers: who enqueues when the application is ready finds its ledger. */
    private static final Duration INSTALL_WITHIN = Duration.ofSeconds(20);

    private static final Duration AGAIN_AFTER = Duration.ofSeconds(5);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(30);

    private final Sluice sluice;
    private final boolean installs;
    private final boolean works;
    private final Duration againAfter;
    private final AtomicReference<@Nullable Disposable> installing = new AtomicReference<>();
    private volatile boolean running;

    SluiceLifecycle(Sluice sluice, boolean installs, boolean works) {
        this(sluice, installs, works, AGAIN_AFTER);
    }

    SluiceLifecycle(Sluice sluice, boolean installs, boolean works, Duration againAfter) {
        this.sluice = sluice;
        this.installs = installs;
        this.works = works;
        this.againAfter = againAfter;
    }

    @Override
    public void start() {
        running = true;
        if (installs && !isInstalled()) {
            installing.set(sluice.install()
                    .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, againAfter))
                    .delaySubscription(againAfter)
                    .subscribe(nothing -> {}, error -> {}, () -> LOG.info("the ledgers are installed now")));
        }
        if (works) {
            sluice.start().block();
        }
    }

    private boolean isInstalled() {
        try {
            sluice.install().block(INSTALL_WITHIN);
            return true;
        } catch (RuntimeException e) {
            LOG.warn("a ledger could not be installed, trying again every {}: {}", againAfter, e.getMessage());
            LOG.debug("install on start", e);
            return false;
        }
    }

    /** Waits for nothing: it is done when every lease is handed back. */
    @Override
    public void stop(Runnable callback) {
        endInstalling();
        sluice.stop()
                .doFinally(signal -> {
                    running = false;
                    callback.run();
                })
                .subscribe(
                        nothing -> {},
                        error -> LOG.warn("a lease could not be handed back, it will lapse: {}", error.getMessage()));
    }

    @Override
    public void stop() {
        endInstalling();
        sluice.stop().block(CLOSE_WITHIN);
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public void destroy() {
        endInstalling();
        sluice.close()
                .timeout(CLOSE_WITHIN)
                .onErrorResume(error -> {
                    LOG.warn("connections could not be closed: {}", error.getMessage());
                    return Mono.empty();
                })
                .block();
    }

    private void endInstalling() {
        Disposable under = installing.getAndSet(null);
        if (under != null) {
            under.dispose();
        }
    }
}
