package io.sluice.flow;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One of the streams of a {@link SharedDemand}, as its subscriber sees it.
 *
 * @param <T> a value of the stream
 */
final class StreamInTurn<T> implements CoreSubscriber<T> {

    private final StreamsInTurn<T> all;

    /** Values asked of it that have not been emitted. Touched by passes only. */
    private int owed;

    /** Of these, what it has not been told of yet. Touched by passes only. */
    private int untold;

    /** It is over, and a pass has seen that. Touched by passes only. */
    private boolean settled;

    private volatile @Nullable Subscription subscription;
    private volatile boolean over;

    StreamInTurn(StreamsInTurn<T> all) {
        this.all = all;
    }

    @Override
    public Context currentContext() {
        return all.currentContext();
    }

    @Override
    public void onSubscribe(Subscription stream) {
        if (Operators.validate(subscription, stream)) {
            subscription = stream;
            all.passSoon();
        }
    }

    @Override
    public void onNext(T value) {
        all.arrived(this, value);
    }

    @Override
    public void onError(Throwable error) {
        over = true;
        all.failed(error);
    }

    @Override
    public void onComplete() {
        over = true;
        all.passSoon();
    }

    boolean mayOwe(int ahead) {
        return subscription != null && !over && !settled && owed < ahead;
    }

    int owed() {
        return owed;
    }

    void owesOneMore() {
        owed++;
        untold++;
    }

    void owesOneLess() {
        owed--;
    }

    /** Asks for what it has not been asked for yet. */
    void ask() {
        Subscription stream = subscription;
        int now = untold;
        untold = 0;
        if (stream != null && now > 0) {
            stream.request(now);
        }
    }

    /** True once, when it is over; it owes nothing from then on. All that it emitted has arrived before. */
    boolean isOverAnew() {
        return over && !settled;
    }

    /** What it owed and will never emit. */
    int settle() {
        int left = owed;
        settled = true;
        owed = 0;
        return left;
    }

    boolean isSettled() {
        return settled;
    }

    void cancel() {
        Subscription stream = subscription;
        if (stream != null && !over) {
            stream.cancel();
        }
    }
}
