package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Statement;
import io.sluice.ledger.Lane;
import io.sluice.ledger.Lease;
import io.sluice.ledger.LedgerName;
import io.sluice.run.RunId;
import io.sluice.sql.SqlFault;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** A server, or the network before it, that goes away without a word: no answer, and no error either. */
class SubBatchTransactionTest {

    private static final TransactionLimits LIMITS =
            new TransactionLimits(Duration.ofSeconds(30), Duration.ofSeconds(2), Duration.ofSeconds(20));

    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(30 + 2 + 10);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

    private final SubBatchTransaction transaction = new SubBatchTransaction(
            silent(),
            new LedgerName("sluice"),
            new Lease(new RunId("main", 1), 1, "worker"),
            new Lane(1, 0, 1, 1, null, List.of("9"), 1L, null, 0, 0),
            DataSettings.DEFAULTS.withLimits(LIMITS),
            time);

    @AfterEach
    void disposeTime() {
        time.dispose();
    }

    @Test
    void aGuardThatIsNeverAnsweredIsGivenUpAsALostConnection() {
        assertIsGivenUp(transaction.around(open -> Mono.error(new AssertionError("it never began"))));
    }

    @Test
    void aStatementThatIsNeverAnsweredIsGivenUpAsALostConnection() {
        assertIsGivenUp(transaction.answered(Mono.never()));
    }

    @Test
    void rowsWhoseFirstIsNeverAnsweredAreGivenUpAsALostConnection() {
        assertIsGivenUp(transaction.answered(Flux.never()));
    }

    @Test
    void rowsThatAreReadSlowlyAreWaitedFor() {
        Flux<Integer> slowly = Flux.just(1, 2)
                .concatMap(row -> row == 1
                        ? Mono.just(row)
                        : Mono.delay(ANSWER_WITHIN.multipliedBy(3), time).thenReturn(row));

        StepVerifier.create(transaction.answered(slowly))
                .expectNext(1)
                .then(() -> time.advanceTimeBy(ANSWER_WITHIN.multipliedBy(3)))
                .expectNext(2)
                .expectComplete()
                .verify(Duration.ofSeconds(10));
    }

    private void assertIsGivenUp(Publisher<?> call) {
        StepVerifier.create(call)
                .expectSubscription()
                .then(() -> time.advanceTimeBy(ANSWER_WITHIN.minusMillis(1)))
                .expectNoEvent(Duration.ZERO)
                .then(() -> time.advanceTimeBy(Duration.ofMillis(1)))
                .expectErrorSatisfies(error -> assertThat(SqlFault.of(error)).isEqualTo(SqlFault.CONNECTION))
                .verify(Duration.ofSeconds(10));
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
