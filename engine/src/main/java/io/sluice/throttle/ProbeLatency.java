package io.sluice.throttle;

import io.sluice.sql.Statements;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * How long a small statement takes, there and back, as the application sees it. One look says little, so looks are averaged; each
 * fades within a second. Any role may ask.
 */
public final class ProbeLatency {

    private static final Duration SOFT = Duration.ofMillis(25);
    private static final Duration HARD = Duration.ofMillis(250);

    /** Share of the newest look. */
    private static final double WEIGHT = 0.4;

    private ProbeLatency() {}

    /** Of {@code select 1}, slower from 25 ms, limit 250 ms. */
    public static Signal ofSelect() {
        return of("select 1", SOFT, HARD);
    }

    /** Of a statement of your own that changes nothing, a typical one. Its rows are thrown away. */
    public static Signal of(String statement, Duration soft, Duration hard) {
        return Signal.ofShard("the latency of a probe", Limits.of(soft, hard), time -> timed(statement, time));
    }

    private static Probe timed(String statement, Scheduler time) {
        AtomicReference<@Nullable Double> average = new AtomicReference<>();
        return (connection, table) -> Mono.defer(() -> {
            long began = time.now(TimeUnit.MICROSECONDS);
            return Statements.query(connection, statement, row -> 1)
                    .then(Mono.fromSupplier(
                            () -> reading(average, (time.now(TimeUnit.MICROSECONDS) - began) / 1000.0)));
        });
    }

    private static Reading reading(AtomicReference<@Nullable Double> average, double now) {
        Double before = average.get();
        double millis = before == null ? now : WEIGHT * now + (1 - WEIGHT) * before;
        average.set(millis);
        return Reading.of(millis, "a probe takes " + Unit.MILLISECONDS.words(millis));
    }
}
