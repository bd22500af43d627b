package io.sluice.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;
import reactor.test.publisher.TestPublisher;

/** Calls that end when the test says so. The first call is number 1, and a call's value is its number. */
final class ManualCalls implements Supplier<Mono<Integer>> {

    private final List<TestPublisher<Integer>> calls = new ArrayList<>();
    private final AtomicInteger cancelled = new AtomicInteger();

    @Override
    public Mono<Integer> get() {
        TestPublisher<Integer> call = TestPublisher.create();
        calls.add(call);
        return call.mono().doOnCancel(cancelled::incrementAndGet);
    }

    int started() {
        return (int) calls.stream().filter(TestPublisher::wasSubscribed).count();
    }

    int cancelled() {
        return cancelled.get();
    }

    void succeed(int number) {
        call(number).emit(number);
    }

    void fail(int number, Throwable error) {
        call(number).error(error);
    }

    void endWithoutValue(int number) {
        call(number).complete();
    }

    private TestPublisher<Integer> call(int number) {
        return calls.get(number - 1);
    }
}
