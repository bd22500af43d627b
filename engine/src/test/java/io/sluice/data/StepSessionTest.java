package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Statement;
import io.sluice.ledger.Lane;
import io.sluice.ledger.Lease;
import io.sluice.ledger.LedgerName;
import io.sluice.run.RunId;
import io.sluice.sql.KeyColumn;
import io.sluice.sql.SqlFault;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** A server that went away without a word: no answer, and no error either. */
class StepSessionTest {

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

    @AfterEach
    void disposeTime() {
        time.dispose();
    }

    @Test
    void aCallThatIsNeverAnsweredIsGivenUpAsALostConnection() {
        TransactionLimits limits =
                new TransactionLimits(Duration.ofSeconds(30), Duration.ofSeconds(2), Duration.ofSeconds(20));
        // both calls in flight may take their whole time
        Duration patience = Duration.ofSeconds(2 * (30 + 2 + 10));

        StepVerifier.create(session(limits).next(0))
                .expectSubscription()
                .then(() -> time.advanceTimeBy(patience.minusMillis(1)))
                .expectNoEvent(Duration.ZERO)
                .then(() -> time.advanceTimeBy(Duration.ofMillis(1)))
                .expectErrorSatisfies(error -> assertThat(SqlFault.of(error)).isEqualTo(SqlFault.CONNECTION))
                .verify(Duration.ofSeconds(10));
    }

    private StepSession session(TransactionLimits limits) {
        LedgerName ledger = new LedgerName("sluice");
        Keyset keys = new Keyset(ledger.quoted(), "\"public\".\"items\"", List.of(new KeyColumn("id", "bigint")));
        StepBody body = new StepBody(
                ledger,
                new Lease(new RunId("main", 1), 1, "worker"),
                keys,
                CommitMode.ASYNCHRONOUS,
                false,
                (lower, upper) -> "perform 1");
        Lane lane = new Lane(1, 0, 1, 1, null, List.of("9"), 1L, null, 0, 0);
        return new StepSession(silent(), new StepFunction(body, limits.lock()), lane, limits, time);
    }

    /** Takes statements and says nothing. */
    private static Connection silent() {
        Statement statement = stub(Statement.class, Flux.never());
        return stub(Connection.class, statement);
    }

    /** Whatever is called on it gives this. */
    private static <T> T stub(Class<T> type, Object answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> answer));
    }
}
