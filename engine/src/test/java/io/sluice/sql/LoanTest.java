package io.sluice.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** Whatever happens, what was lent comes back once, and by the way that fits. */
class LoanTest {

    private static final Connection ANY = (Connection) Proxy.newProxyInstance(
            LoanTest.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> null);

    private final Sinks.One<Connection> asked = Sinks.one();
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final Return afterwards = new Return(
            connection -> seen("completed"),
            (connection, error) -> seen("failed: " + error.getMessage()),
            connection -> seen("cancelled"),
            connection -> seen("unused"));

    private Mono<Void> seen(String what) {
        return Mono.fromRunnable(() -> seen.add(what));
    }

    private <T> Flux<T> lent(Function<Connection, Publisher<T>> use) {
        return Loan.of(asked.asMono().doOnCancel(() -> seen.add("asking was cancelled")), use, afterwards);
    }

    @Test
    void itIsUsedAndComesBack() {
        asked.tryEmitValue(ANY);

        StepVerifier.create(lent(connection -> Flux.just(1, 2)), 1)
                .expectNext(1)
                .then(() -> assertThat(seen).isEmpty())
                .thenRequest(1)
                .expectNext(2)
                .verifyComplete();

        assertThat(seen).containsExactly("completed");
    }

    @Test
    void whatIsEmptyOrFailsBringsItBackToo() {
        asked.tryEmitValue(ANY);

        StepVerifier.create(lent(connection -> Mono.empty())).verifyComplete();
        StepVerifier.create(lent(connection -> Mono.error(new IllegalStateException("of the use"))))
                .verifyErrorMessage("of the use");

        assertThat(seen).containsExactly("completed", "failed: of the use");
    }

    @Test
    void whoIsGoneBeforeItComesHandsItBackUnused() {
        Disposable asking =
                lent(connection -> Mono.fromRunnable(() -> seen.add("used"))).subscribe();
        asking.dispose();
        assertThat(seen).isEmpty();

        asked.tryEmitValue(ANY);

        assertThat(seen).containsExactly("unused");
    }

    @Test
    void whoCancelsItsUseDoesNotHandItBackUnused() {
        Disposable using = lent(connection -> Mono.never()).subscribe();
        asked.tryEmitValue(ANY);

        using.dispose();

        assertThat(seen).containsExactly("cancelled");
    }

    @Test
    void whereNoneCanBeHadThereIsNothingToBringBack() {
        asked.tryEmitError(new IllegalStateException("of the pool"));

        StepVerifier.create(lent(connection -> Mono.just(1))).verifyErrorMessage("of the pool");

        assertThat(seen).isEmpty();
    }
}
