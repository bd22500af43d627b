package io.sluice.event;

import io.sluice.run.Run;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * Is told of errors as they are, before anything is masked or trimmed: for an error tracker, a chat, a pager. It changes
 * nothing for the run. An error of its own is logged and dropped; so is a publisher that has not ended after ten seconds, for
 * which the run waits meanwhile. It is called on threads that must not block.
 */
@FunctionalInterface
public interface ErrorHandler {

    /**
     * Called for each failed attempt of a batch, for each error that ends the work on a run, and for each callback of a migration that
     * failed, on the instance that works. A run that fails because the attempts of a batch are spent is told of twice: the attempt, then the run.
     *
     * @param error as it was raised; values of rows may stand in its message
     * @param run as it was claimed where an attempt of a batch failed; as it stands now (ERRORED or FAILED, or PAUSED or CANCELLED if
     *     that was asked meanwhile) where the work ended
     * @return ends when it is handled; cancelled when the run must stop
     */
    Publisher<Void> handle(Throwable error, Run run);

    /** Handles nothing. */
    static ErrorHandler none() {
        return (error, run) -> Mono.empty();
    }
}
