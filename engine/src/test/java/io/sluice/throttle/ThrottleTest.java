package io.sluice.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.run.RunId;
import io.sluice.throttle.Throttle.Decision;
import io.sluice.throttle.Throttle.Permit;
import io.sluice.throttle.Throttle.Slow;
import io.sluice.throttle.Throttle.Wait;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

class ThrottleTest {

    private static final RunAtWork RUN = new RunAtWork(new RunId("main", 1), null);

    private static Mono<Decision> allOf(Decision... decisions) {
        return Throttle.allOf(Stream.of(decisions)
                        .<Throttle>map(it -> run -> Mono.just(it))
                        .toArray(Throttle[]::new))
                .ask(RUN);
    }

    @Test
    void allOfNothingPermits() {
        assertThat(allOf().block()).isEqualTo(new Permit());
    }

    @Test
    void theSlowestWinsAndItsReason() {
        assertThat(allOf(new Permit(), new Slow(0.4, "vacuum"), new Slow(0.3, "lag"), new Slow(0.5, "busy"))
                        .block())
                .isEqualTo(new Slow(0.3, "lag"));
        assertThat(allOf(new Permit(0.2), new Slow(0.4, "vacuum")).block()).isEqualTo(new Permit(0.2));
        assertThat(allOf(new Slow(0.1, "lag"), new Wait("vacuum", Duration.ofSeconds(1)), new Permit())
                        .block())
                .isEqualTo(new Wait("vacuum", Duration.ofSeconds(1)));
    }

    @Test
    void ofThoseThatWaitTheLongestOneWins() {
        Wait shorter = new Wait("lag", Duration.ofSeconds(1));
        Wait longer = new Wait("night", Duration.ofHours(1));

        assertThat(allOf(shorter, longer).block()).isEqualTo(longer);
        assertThat(allOf(longer, shorter).block()).isEqualTo(longer);
    }

    @Test
    void behindOneThatHangsNotAllOthersAreAsked() {
        AtomicInteger asked = new AtomicInteger();
        Wait hung = new Wait("lag is unknown: no answer within 2 s", Duration.ofSeconds(1), "lag");
        Throttle hangs = run -> Mono.<Decision>just(hung)
                .delaySubscription(Duration.ofSeconds(2))
                .doOnSubscribe(it -> asked.incrementAndGet());
        Throttle[] ten = Stream.generate(() -> hangs).limit(10).toArray(Throttle[]::new);

        StepVerifier.withVirtualTime(() -> Throttle.allOf(ten).ask(RUN))
                .thenAwait(Duration.ofSeconds(2))
                .expectNext(hung)
                .verifyComplete();

        assertThat(asked).hasValueLessThan(4);
    }

    @Test
    void oneThatFailsOrSaysNothingIsNotOutvoted() {
        Throttle none = Throttle.none();

        StepVerifier.create(Throttle.allOf(none, run -> Mono.error(new IllegalStateException("no route")))
                        .ask(RUN))
                .verifyErrorMessage("no route");
        StepVerifier.create(Throttle.allOf(run -> Mono.empty(), none).ask(RUN))
                .verifyErrorMessage("one of several throttles says nothing");
    }

    @Test
    void itIsPlacedAtAShardAsAWhole() {
        Throttle placed = run -> Mono.just(new Slow(0.5, "placed"));
        Throttle unplaced = new Throttle() {
            @Override
            public Mono<Decision> ask(RunAtWork run) {
                return Mono.error(new IllegalStateException("not placed"));
            }

            @Override
            public Throttle at(Lookout shard) {
                return placed;
            }
        };

        assertThat(Throttle.allOf(Throttle.none(), unplaced)
                        .at(new Lookout(null, null))
                        .ask(RUN)
                        .block())
                .isEqualTo(new Slow(0.5, "placed"));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -0.1, 1.01, Double.NaN})
    void aShareIsAboveNothingAndAtMostFullSpeed(double share) {
        assertThatThrownBy(() -> Throttle.load(share)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Slow(share, "x")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aSignalThatIsAskedOnNoShardSaysWhatToDo() {
        StepVerifier.create(ReplicationLag.inTime().ask(RUN))
                .verifyErrorMessage(
                        "replication lag is asked on no shard; give it to SluiceBuilder.throttle(…), or ask what"
                                + " at(…) returns");
    }
}
