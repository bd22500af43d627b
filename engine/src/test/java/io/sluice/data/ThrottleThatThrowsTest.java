package io.sluice.data;

import io.sluice.run.RunId;
import io.sluice.shard.Turn;
import io.sluice.throttle.RunAtWork;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Unknown health slows down, in whichever way it comes to be unknown. */
class ThrottleThatThrowsTest {

    private static final RunId RUN = new RunId("main", 1);

    @Test
    void isAReasonToWaitAndNoFailureOfTheBatch() {
        assertWaitsUntilItIsHandedBack(run -> {
            throw new IllegalStateException("no signal");
        });
    }

    @Test
    @SuppressWarnings("NullAway") // what a careless throttle does
    void soIsOneThatReturnsNull() {
        assertWaitsUntilItIsHandedBack(run -> null);
    }

    private static void assertWaitsUntilItIsHandedBack(Throttle throttle) {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        Pace pace = new Pace(
                new RunAtWork(RUN, null),
                throttle,
                new Throttling((reason, lost) -> Mono.empty(), false, time),
                new TurnTaking(Turn.FREE, reason -> Mono.empty(), millis -> {}, time),
                false,
                false,
                time);

        StepVerifier.withVirtualTime(pace::permit, () -> time, Long.MAX_VALUE)
                .expectSubscription()
                .expectNoEvent(Duration.ofSeconds(50))
                .thenAwait(Duration.ofSeconds(10))
                .expectError(ThrottledException.class)
                .verify(Duration.ofSeconds(10));
        time.dispose();
    }
}
