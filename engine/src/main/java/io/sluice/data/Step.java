package io.sluice.data;

import java.time.Duration;

/** How a whole sub-batch is asked of the server, in one message. It answers with one row, see {@link StepSession}. */
interface Step {

    /**
     * The message, made of our own numbers and of what the migration states, so that nothing needs to be bound.
     *
     * @param target time for the sub-batches that follow, in ms; 0 as the settings say
     */
    String call(long lane, long token, long epoch, int target, Duration statementTimeout);
}
