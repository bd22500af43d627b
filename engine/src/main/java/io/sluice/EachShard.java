package io.sluice;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Enqueues on each shard by itself, as several databases cannot be changed in one transaction. */
final class EachShard {

    private EachShard() {}

    /** Emits what came of it on each shard; then errors, if it failed anywhere, with all that failed. */
    static Flux<Enqueued> enqueued(
            String migration, List<ShardOffice> offices, Function<ShardOffice, Mono<Enqueued>> enqueue) {
        return Flux.defer(() -> {
            Map<String, Throwable> failures = new ConcurrentSkipListMap<>();
            AtomicInteger done = new AtomicInteger();
            return Flux.fromIterable(offices)
                    .flatMap(
                            office -> enqueue.apply(office)
                                    .doOnNext(it -> done.incrementAndGet())
                                    .onErrorResume(error -> {
                                        failures.put(office.name(), error);
                                        return Mono.empty();
                                    }),
                            Declared.CONCURRENCY)
                    .concatWith(Mono.defer(() -> outcome(migration, failures, done.get(), offices.size())));
        });
    }

    /** Where there is one shard its own error is told, for there is nothing to add to it. */
    private static Mono<Enqueued> outcome(String migration, Map<String, Throwable> failures, int done, int asked) {
        if (failures.isEmpty()) {
            return Mono.empty();
        }
        return Mono.error(
                asked == 1
                        ? failures.values().iterator().next()
                        : new EnqueueFailedException(migration, failures, done));
    }

    /** A joined transaction belongs to one shard, and what it enqueues is not there before it commits. */
    static void refuseImpossible(boolean joins, Enqueue.Mode mode, List<ShardOffice> offices) {
        if (joins && offices.size() != 1) {
            throw new ConfigurationException(
                    "a connection belongs to one shard, so name it: shards(\"…\"); declared are "
                            + offices.stream().map(ShardOffice::name).toList());
        }
        if (joins && mode == Enqueue.Mode.INLINE) {
            throw new ConfigurationException("a run cannot go on inline before the transaction it joins has committed");
        }
    }
}
