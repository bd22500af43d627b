package io.sluice.flow;

import java.util.List;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;

/**
 * Several streams as one, under one demand. {@link Flux#merge} asks each stream for a value before anybody wanted one and
 * keeps what comes; here each requested value is asked of one stream only, so that what is under way in all of them together
 * never exceeds the demand. All state belongs to the subscription, {@link StreamsInTurn}.
 *
 * @param <T> a value of the streams
 */
public final class SharedDemand<T> extends Flux<T> {

    private final List<Flux<T>> streams;
    private final int ahead;

    private SharedDemand(List<Flux<T>> streams, int ahead) {
        this.streams = List.copyOf(streams);
        this.ahead = ahead;
    }

    /**
     * Subscribes to all streams at once and shares the demand among them: the stream that owes the fewest values is asked
     * next, in turns where several owe as many.
     *
     * @param ahead how many values one stream may owe at most: 1 or more. It bounds what is kept, and how far a stream gets
     *     whose subscriber wants everything
     * @return emits the values in the order in which they come; completes when all streams have; one that is over leaves its
     *     share of the demand to the others. Errors with the first error of any stream, behind the values that came before it,
     *     and cancels the others. A request that is not positive is an {@link IllegalArgumentException}. Cancelling cancels
     *     all of them.
     */
    public static <T> Flux<T> of(List<Flux<T>> streams, int ahead) {
        if (ahead < 1) {
            throw new IllegalArgumentException("ahead must be 1 or more, was " + ahead);
        }
        return switch (streams.size()) {
            case 0 -> Flux.empty();
            case 1 -> streams.get(0);
            default -> onAssembly(new SharedDemand<>(streams, ahead));
        };
    }

    @Override
    public void subscribe(CoreSubscriber<? super T> actual) {
        StreamsInTurn<T> subscription = new StreamsInTurn<>(actual, streams.size(), ahead);
        actual.onSubscribe(subscription);
        subscription.subscribeTo(streams);
    }
}
