package io.sluice.flow;

import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One subscriber's calls: starts them as demanded, settles them in the order in which they were started.
 * <p>Every signal (a request, a cancellation, the end of a call) only leaves a mark and asks for a {@link #pass()}. One
 * thread at a time makes passes, so calls are started and results emitted serially and without a lock, and a call that
 * ends at once finds the pass that started it already running instead of recursing.
 *
 * @param <T> the result of a call
 */
final class CallsInOrder<T> implements Subscription, Scannable {

    /** Where the subscription stands. RUNNING turns into any other, ENDING and FAILING only into OVER. */
    private enum Phase {
        /** Calls are made as demanded. */
        RUNNING,
        /** The last value was emitted; the calls behind it are awaited. */
        ENDING,
        /** A call failed and all before it are emitted; the calls behind it are awaited and emitted, too. */
        FAILING,
        /** Terminated or cancelled: nothing is signalled any more. */
        OVER
    }

    private static final int IDLE = 0;
    private static final int PASSING = 1;
    private static final int PASS_AGAIN = 2;

    @SuppressWarnings("rawtypes") // a class literal has no type argument
    private static final AtomicIntegerFieldUpdater<CallsInOrder> WIP =
            AtomicIntegerFieldUpdater.newUpdater(CallsInOrder.class, "wip");

    @SuppressWarnings("rawtypes")
    private static final AtomicLongFieldUpdater<CallsInOrder> REQUESTED =
            AtomicLongFieldUpdater.newUpdater(CallsInOrder.class, "requested");

    private final CoreSubscriber<? super T> actual;
    private final Supplier<? extends Mono<T>> nextCall;
    private final IntSupplier depth;
    private final Predicate<? super T> isLast;

    /** IDLE, PASSING or PASS_AGAIN. It saturates instead of counting signals, so it cannot overflow in a long pass. */
    @SuppressWarnings("UnusedVariable") // read and written by WIP
    private volatile int wip;

    /** Outstanding demand: requested and not yet emitted. {@code Long.MAX_VALUE} is unbounded and stays so. */
    private volatile long requested;

    /** The subscriber wants nothing more. Written by any thread. */
    private volatile boolean cancelled;

    /** A last value or an error is known, though perhaps not yet its turn: no call may start. Written by any thread. */
    private volatile boolean endInSight;

    /** A request that was not positive, until a pass queues it behind the calls made so far. Written by any thread. */
    private volatile @Nullable Throwable badRequest;

    /** Calls in flight, oldest first. Touched by passes only; its size may be read as a hint. */
    private final Queue<CallInFlight<T>> calls = new ArrayDeque<>(4);

    /** Written by passes only; volatile to be scanned. */
    private volatile Phase phase = Phase.RUNNING;

    /** The error to end with while FAILING. Written by passes only; volatile to be scanned. */
    private volatile @Nullable Throwable failure;

    CallsInOrder(
            CoreSubscriber<? super T> actual,
            Supplier<? extends Mono<T>> nextCall,
            IntSupplier depth,
            Predicate<? super T> isLast) {
        this.actual = actual;
        this.nextCall = nextCall;
        this.depth = depth;
        this.isLast = isLast;
    }

    @Override
    public void request(long n) {
        if (Operators.validate(n)) {
            Operators.addCap(REQUESTED, this, n);
        } else {
            badRequest = Exceptions.nullOrNegativeRequestException(n);
            endInSight = true;
        }
        passSoon();
    }

    @Override
    public void cancel() {
        if (phase != Phase.OVER) {
            cancelled = true;
            passSoon();
        }
    }

    Context currentContext() {
        return actual.currentContext();
    }

    boolean isLast(T value) {
        return isLast.test(value);
    }

    /** A call has brought the last value or an error; told before its end is, so that no call slips in between. */
    void endIsInSight() {
        endInSight = true;
    }

    /** Lets a pass see what has changed: now, or by the thread that is making passes already. */
    void passSoon() {
        if (WIP.getAndUpdate(this, now -> now == IDLE ? PASSING : PASS_AGAIN) != IDLE) {
            return;
        }
        do {
            pass();
        } while (WIP.decrementAndGet(this) != IDLE);
    }

    private void pass() {
        queueBadRequest();
        do {
            settleEnded();
        } while (startNext());
        if (cancelled) {
            abandonAll();
        } else if (calls.isEmpty()) {
            terminate();
        }
    }

    private void queueBadRequest() {
        Throwable error = badRequest;
        if (error != null) {
            badRequest = null;
            queueFailure(error);
        }
    }

    /** An error that is nobody's result takes its place in the order like a call that failed at once. */
    private void queueFailure(Throwable error) {
        if (phase != Phase.OVER) {
            CallInFlight<T> failed = new CallInFlight<>(this);
            calls.add(failed);
            failed.onError(error);
        }
    }

    /** Starts a call if it may; true if the queue has grown. Each call has its demand, so no result waits for any. */
    private boolean startNext() {
        if (cancelled || endInSight || phase != Phase.RUNNING || calls.size() >= requested) {
            return false;
        }
        Publisher<T> next;
        try {
            if (calls.size() >= Math.max(1, depth.getAsInt())) {
                return false;
            }
            next = Objects.requireNonNull(nextCall.get(), "nextCall gave null");
        } catch (Throwable error) {
            queueFailure(Operators.onOperatorError(error, currentContext()));
            return true;
        }
        if (cancelled) {
            return false;
        }
        CallInFlight<T> call = new CallInFlight<>(this);
        calls.add(call);
        next.subscribe(call);
        return true;
    }

    private void settleEnded() {
        CallInFlight<T> oldest = calls.peek();
        while (!cancelled && oldest != null && oldest.hasEnded()) {
            calls.remove();
            settle(oldest);
            oldest = calls.peek();
        }
    }

    private void settle(CallInFlight<T> call) {
        Throwable error = call.error();
        if (error != null) {
            call.discardValue();
            settleError(error);
        } else if (phase == Phase.ENDING) {
            Operators.onNextDropped(call.value(), currentContext());
        } else {
            emit(call);
        }
    }

    private void emit(CallInFlight<T> call) {
        if (call.isLast() && phase == Phase.RUNNING) {
            phase = Phase.ENDING;
        }
        Operators.produced(REQUESTED, this, 1);
        actual.onNext(call.value());
    }

    private void settleError(Throwable error) {
        Throwable first = failure;
        if (first != null) {
            failure = Exceptions.addSuppressed(first, error);
        } else if (phase == Phase.RUNNING) {
            phase = Phase.FAILING;
            failure = error;
        } else {
            Operators.onErrorDropped(error, currentContext());
        }
    }

    private void terminate() {
        Throwable error = failure;
        switch (phase) {
            case ENDING -> {
                phase = Phase.OVER;
                actual.onComplete();
            }
            case FAILING -> {
                phase = Phase.OVER;
                actual.onError(Objects.requireNonNull(error));
            }
            case RUNNING, OVER -> {}
        }
    }

    /** Cancels what is in flight. An error nobody will see is dropped where the hooks can, never silently. */
    private void abandonAll() {
        Throwable unseen = phase == Phase.FAILING ? failure : null;
        phase = Phase.OVER;
        if (unseen != null) {
            Operators.onErrorDropped(unseen, currentContext());
        }
        CallInFlight<T> call = calls.poll();
        while (call != null) {
            call.abandon();
            call = calls.poll();
        }
    }

    @Override
    @SuppressWarnings("rawtypes") // as declared by Scannable
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.ACTUAL) {
            return actual;
        }
        if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
            return requested;
        }
        if (key == Attr.BUFFERED) {
            return calls.size();
        }
        if (key == Attr.CANCELLED) {
            return cancelled;
        }
        if (key == Attr.TERMINATED) {
            return phase == Phase.OVER && !cancelled;
        }
        if (key == Attr.ERROR) {
            return failure;
        }
        return null;
    }
}
