package io.sluice;

import io.sluice.run.SluiceException;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Enqueueing failed on some of the shards; on the others it is done and stays. The caller must act: repeat it when the causes
 * are mended. That is safe, as enqueueing is idempotent.
 */
public final class EnqueueFailedException extends SluiceException {

    private static final long serialVersionUID = 1L;

    private final transient Map<String, Throwable> failures;
    private final int done;

    EnqueueFailedException(String migration, Map<String, Throwable> failures, int done) {
        super(
                "'" + migration + "' was enqueued on " + done + " shards and not on " + failures.size() + ": "
                        + new TreeMap<>(failures)
                                .entrySet().stream()
                                        .map(it -> it.getKey() + " ("
                                                + it.getValue().getMessage() + ")")
                                        .collect(Collectors.joining(", ")),
                failures.values().iterator().next());
        this.failures = Map.copyOf(failures);
        this.done = done;
    }

    /** On how many shards it is enqueued. */
    public int done() {
        return done;
    }

    /** What went wrong, by shard. */
    public Map<String, Throwable> failures() {
        return failures;
    }
}
