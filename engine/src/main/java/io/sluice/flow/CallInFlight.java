package io.sluice.flow;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One call from its start to its end: holds its single outcome until it is that call's turn.
 * <p>It knows nothing of order or demand, that is {@link CallsInOrder}. A call has ended when it completed or failed,
 * not when its value arrived: until then its statement may still be at work.
 *
 * @param <T> the result of the call
 */
final class CallInFlight<T> implements CoreSubscriber<T>, Scannable {

    private static final int AWAITED = 0;
    private static final int ANSWERED = 1;
    private static final int ENDED = 2;
    private static final int ABANDONED = 3;

    @SuppressWarnings("rawtypes") // a class literal has no type argument
    private static final AtomicIntegerFieldUpdater<CallInFlight> STATE =
            AtomicIntegerFieldUpdater.newUpdater(CallInFlight.class, "state");

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<CallInFlight, Subscription> SUBSCRIPTION =
            AtomicReferenceFieldUpdater.newUpdater(CallInFlight.class, Subscription.class, "subscription");

    private final CallsInOrder<T> owner;

    /** AWAITED, ANSWERED (a value is held), ENDED; or ABANDONED from any of them. Publishes the three fields below. */
    private volatile int state;

    /** The call's own subscription, or the cancelled one, so that a call abandoned while it starts is cancelled too. */
    private volatile @Nullable Subscription subscription;

    /** Written before the state turns ANSWERED. */
    private @Nullable T value;

    /** Whether the value is the last. Written before the state turns ANSWERED. */
    private boolean last;

    /** Written before the state turns ENDED; an error wins over a value. */
    private @Nullable Throwable error;

    CallInFlight(CallsInOrder<T> owner) {
        this.owner = owner;
    }

    @Override
    public Context currentContext() {
        return owner.currentContext();
    }

    @Override
    public void onSubscribe(Subscription s) {
        if (Operators.setOnce(SUBSCRIPTION, this, s)) {
            s.request(Long.MAX_VALUE);
        }
    }

    @Override
    public void onNext(T t) {
        if (state != AWAITED) {
            Operators.onNextDropped(t, currentContext());
            return;
        }
        value = t;
        try {
            last = owner.isLast(t);
        } catch (Throwable thrown) {
            error = Operators.onOperatorError(null, thrown, t, currentContext());
        }
        if (!STATE.compareAndSet(this, AWAITED, ANSWERED)) {
            Operators.onNextDropped(t, currentContext());
        }
    }

    @Override
    public void onError(Throwable t) {
        if (state >= ENDED) {
            Operators.onErrorDropped(t, currentContext());
            return;
        }
        Throwable earlier = error;
        error = earlier == null ? t : Exceptions.addSuppressed(earlier, t);
        if (!markEnded()) {
            Operators.onErrorDropped(t, currentContext());
        }
    }

    @Override
    public void onComplete() {
        if (state >= ENDED) {
            return;
        }
        if (state == AWAITED) {
            error = new IllegalStateException("a call completed without a result, it must emit exactly one");
        }
        markEnded();
    }

    /** True if the end will be seen by the owner; false if the call was abandoned in between. */
    private boolean markEnded() {
        if (last || error != null) {
            owner.endIsInSight();
        }
        int before = state;
        if (before == ABANDONED || !STATE.compareAndSet(this, before, ENDED)) {
            return false;
        }
        owner.passSoon();
        return true;
    }

    boolean hasEnded() {
        return state == ENDED;
    }

    /** Null if the call succeeded. Only once it has ended. */
    @Nullable
    Throwable error() {
        return error;
    }

    /** The result of a call that succeeded. */
    T value() {
        return Objects.requireNonNull(value);
    }

    boolean isLast() {
        return last;
    }

    /** Gives up a value that an error behind it has made void. */
    void discardValue() {
        Operators.onDiscard(value, currentContext());
    }

    /** Cancels a call still in flight and gives up what a call has brought already. */
    void abandon() {
        int before = STATE.getAndSet(this, ABANDONED);
        if (before != ENDED) {
            Operators.terminate(SUBSCRIPTION, this);
        } else if (error != null) {
            Operators.onErrorDropped(error, currentContext());
        }
        if (before != AWAITED) {
            Operators.onDiscard(value, currentContext());
        }
    }

    @Override
    @SuppressWarnings("rawtypes") // as declared by Scannable
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return subscription;
        }
        if (key == Attr.ACTUAL) {
            return owner;
        }
        if (key == Attr.TERMINATED) {
            return state == ENDED;
        }
        if (key == Attr.CANCELLED) {
            return state == ABANDONED;
        }
        return null;
    }
}
