package io.sluice.webflux.api;

import com.fasterxml.jackson.annotation.JsonRawValue;
import io.sluice.run.Run;
import io.sluice.run.Verb;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A run.
 *
 * @param id shard:number
 * @param allowed verbs that would move it from where it stands
 * @param nextAttemptAt not to be claimed before
 * @param owner instance that holds its lease
 */
@Wire
record RunView(
        String id,
        String shard,
        long number,
        String kind,
        String name,
        @JsonRawValue String arguments,
        int generation,
        String status,
        List<String> allowed,
        int attempts,
        int maxAttempts,
        @Nullable Instant nextAttemptAt,
        @Nullable String throttleReason,
        @Nullable String owner,
        @Nullable FailureView failure,
        Instant createdAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt) {

    static RunView of(Run it) {
        Run.Holder holder = it.lease();
        return new RunView(
                it.id().toString(),
                it.id().shard(),
                it.id().number(),
                it.kind().name(),
                it.name(),
                it.arguments().toJson(),
                it.generation(),
                it.status().name(),
                verbs(it),
                it.attempts().spent(),
                it.attempts().max(),
                it.attempts().nextAt(),
                it.throttleReason(),
                holder == null ? null : holder.owner(),
                FailureView.of(it.failure()),
                it.times().created(),
                it.times().started(),
                it.times().finished());
    }

    private static List<String> verbs(Run it) {
        return Verb.allowedIn(it.status()).stream()
                .map(verb -> verb.name().toLowerCase(Locale.ROOT))
                .toList();
    }
}
