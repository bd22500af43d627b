package io.sluice.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One subscriber's streams: asks each in its turn for what is demanded and emits what comes.
 *
 * <p>As in {@link CallsInOrder}, every signal only leaves a mark and asks for a pass, and one thread at a time makes passes: so
 * values are emitted serially and without a lock, and a stream that answers at once finds the pass that asked it running.
 *
 * @param <T> a value of the streams
 */
final class StreamsInTurn<T> implements Subscription, Scannable {

    private static final int IDLE = 0;
    private static final int PASSING = 1;
    private static final int PASS_AGAIN = 2;

    @SuppressWarnings("rawtypes") // a class literal has no type argument
    private static final AtomicIntegerFieldUpdater<StreamsInTurn> WIP =
            AtomicIntegerFieldUpdater.newUpdater(StreamsInTurn.class, "wip");

    @SuppressWarnings("rawtypes")
    private static final AtomicLongFieldUpdater<StreamsInTurn> REQUESTED =
            AtomicLongFieldUpdater.newUpdater(StreamsInTurn.class, "requested");

    private record Arrival<T>(StreamInTurn<T> from, T value) {}

    private final CoreSubscriber<? super T> actual;
    private final List<StreamInTurn<T>> streams;
    private final int ahead;

    /** Values that wait for a pass: at most {@code ahead} of each stream. */
    private final Queue<Arrival<T>> arrivals = new ConcurrentLinkedQueue<>();

    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /** IDLE, PASSING or PASS_AGAIN. */
    @SuppressWarnings("UnusedVariable") // read and written by WIP
    private volatile int wip;

    /** Requested and not yet emitted. {@code Long.MAX_VALUE} is unbounded and stays so. */
    private volatile long requested;

    private volatile boolean cancelled;

    /** Every stream is subscribed to; before, the first one would get the share of all. */
    private volatile boolean begun;

    /** Nothing is signalled any more. Written by passes only; volatile to be scanned. */
    private volatile boolean over;

    /** Of what is requested, what some stream was asked for. Touched by passes only. */
    private long owed;

    /** Who is asked first when all owe as much. Touched by passes only. */
    private int turn;

    StreamsInTurn(CoreSubscriber<? super T> actual, int streams, int ahead) {
        this.actual = actual;
        this.ahead = ahead;
        this.streams = new ArrayList<>(streams);
        for (int i = 0; i < streams; i++) {
            this.streams.add(new StreamInTurn<>(this));
        }
    }

    void subscribeTo(List<Flux<T>> sources) {
        for (int i = 0; i < sources.size() && !cancelled && failure.get() == null; i++) {
            sources.get(i).subscribe(streams.get(i));
        }
        begun = true;
        passSoon();
    }

    @Override
    public void request(long n) {
        if (Operators.validate(n)) {
            Operators.addCap(REQUESTED, this, n);
            passSoon();
        } else {
            failed(Exceptions.nullOrNegativeRequestException(n));
        }
    }

    @Override
    public void cancel() {
        cancelled = true;
        passSoon();
    }

    Context currentContext() {
        return actual.currentContext();
    }

    void arrived(StreamInTurn<T> from, T value) {
        arrivals.add(new Arrival<>(from, value));
        passSoon();
    }

    void failed(Throwable error) {
        if (!failure.compareAndSet(null, error)) {
            Operators.onErrorDropped(error, currentContext());
        }
        passSoon();
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
        if (!over && !cancelled) {
            Throwable error = failure.get();
            List<StreamInTurn<T>> ended =
                    streams.stream().filter(StreamInTurn::isOverAnew).toList();
            // all that they emitted has arrived before they were seen to be over
            emitArrivals();
            ended.forEach(it -> owed -= it.settle());
            if (error != null) {
                end(() -> actual.onError(error));
            } else if (streams.stream().allMatch(StreamInTurn::isSettled)) {
                end(actual::onComplete);
            } else if (begun) {
                share();
            }
        }
        if (cancelled || over) {
            abandonAll();
        }
    }

    private void emitArrivals() {
        Arrival<T> next = cancelled ? null : arrivals.poll();
        while (next != null) {
            next.from.owesOneLess();
            owed--;
            Operators.produced(REQUESTED, this, 1);
            actual.onNext(next.value);
            next = cancelled ? null : arrivals.poll();
        }
    }

    private void end(Runnable signal) {
        if (!cancelled) {
            over = true;
            signal.run();
        }
    }

    /** Each value that nobody was asked for yet is asked of the stream that owes least. */
    private void share() {
        boolean asked = false;
        while (owed < requested) {
            StreamInTurn<T> next = next();
            if (next == null) {
                break;
            }
            next.owesOneMore();
            owed++;
            asked = true;
        }
        if (asked) {
            streams.forEach(StreamInTurn::ask);
        }
    }

    private @Nullable StreamInTurn<T> next() {
        StreamInTurn<T> least = null;
        for (int i = 0; i < streams.size(); i++) {
            StreamInTurn<T> one = streams.get((turn + i) % streams.size());
            if (one.mayOwe(ahead) && (least == null || one.owed() < least.owed())) {
                least = one;
            }
        }
        if (least != null) {
            turn = (streams.indexOf(least) + 1) % streams.size();
        }
        return least;
    }

    private void abandonAll() {
        streams.forEach(StreamInTurn::cancel);
        Arrival<T> left = arrivals.poll();
        while (left != null) {
            Operators.onDiscard(left.value, currentContext());
            left = arrivals.poll();
        }
        Throwable unseen = over ? null : failure.get();
        if (unseen != null) {
            over = true;
            Operators.onErrorDropped(unseen, currentContext());
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
            return arrivals.size();
        }
        if (key == Attr.CANCELLED) {
            return cancelled;
        }
        if (key == Attr.TERMINATED) {
            return over && !cancelled;
        }
        return null;
    }
}
