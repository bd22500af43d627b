package io.sluice.flow;

import java.util.Objects;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Makes one call for each element requested, keeps a few of them in flight, and emits their results in call order.
 * <p>Demand is the pace: {@code request(3)} makes three calls and then waits. It decides <em>when</em> a call is made
 * and in which order its result is seen; what a call does is the supplier's business, how many may overlap is the
 * depth's. All state belongs to the subscription, {@link CallsInOrder}.
 *
 * @param <T> the result of a call
 */
public final class DemandedCalls<T> extends Flux<T> {

    private final Supplier<? extends Mono<T>> nextCall;
    private final IntSupplier depth;
    private final Predicate<? super T> isLast;

    private DemandedCalls(Supplier<? extends Mono<T>> nextCall, IntSupplier depth, Predicate<? super T> isLast) {
        this.nextCall = Objects.requireNonNull(nextCall, "nextCall");
        this.depth = Objects.requireNonNull(depth, "depth");
        this.isLast = Objects.requireNonNull(isLast, "isLast");
    }

    /**
     * Calls again and again, at most once per requested element, until a result says that it is the last.
     * <p>A call starts only while fewer are in flight than both the depth and the outstanding demand, where in flight
     * means started but not yet emitted: so at most {@code depth} results are ever held. Calls may end on any thread
     * and at once; a call that ends at once costs no stack. None of the three functions is called with a lock held,
     * and a function that throws is an error of its call.
     *
     * @param nextCall gives the next call, which must emit exactly one value or an error; asked serially
     * @param depth    how many calls may be in flight; asked serially before each start, below 1 counts as 1. It may
     *                 change while calls run; a change is noticed at the next result or request
     * @param isLast   whether nothing is left to do behind this result; asked once per value as it arrives, possibly by
     *                 several threads at a time and before earlier calls have ended
     * @return emits the results in the order of the calls, each on the thread that happened to find it ready.
     *         Completes after the last result, once the calls behind it have ended; their outcomes are dropped.
     *         Errors with the first failure in call order, once the calls behind it have ended: results of theirs are
     *         emitted first, because what they did is done; errors of theirs are suppressed in it. A call that emits nothing is an
     *         {@link IllegalStateException}, a request that is not positive an {@link IllegalArgumentException}.
     *         Cancelling cancels the calls in flight and starts no other.
     */
    public static <T> Flux<T> inOrder(
            Supplier<? extends Mono<T>> nextCall, IntSupplier depth, Predicate<? super T> isLast) {
        return onAssembly(new DemandedCalls<>(nextCall, depth, isLast));
    }

    @Override
    public void subscribe(CoreSubscriber<? super T> actual) {
        actual.onSubscribe(new CallsInOrder<>(actual, nextCall, depth, isLast));
    }
}
