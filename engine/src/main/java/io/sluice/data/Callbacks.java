package io.sluice.data;

import io.sluice.run.Run;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * What a migration does at turns of the life of its runs. Immutable. Every callback must not block, and must be idempotent: it
 * is called at least once.
 *
 * <p>Callbacks of the lifecycle are called after the turn is a fact in the ledger, in the order in which it came to it: by the instance
 * that holds the lease, or held it until then; where nobody did, by the instance that was asked. If that one is killed meanwhile, by
 * whoever claims the run next, or by a worker's housekeeping within the hour. They end within thirty seconds or are cancelled. An error is
 * logged and told to the {@link io.sluice.event.ErrorHandler}; it changes nothing for the run and the callback counts as done. A run calls
 * nothing until it was claimed once by an instance that declares callbacks.
 *
 * <p>Around sub-batches: an error of {@link #beforeSubBatch} fails the sub-batch like an error of the work, before anything of it was
 * sent; one of {@link #afterSubBatch} is logged and told, for the sub-batch is committed. With either of them only one
 * sub-batch of a lane is in flight, and a foreground caller waits for them too.
 */
public final class Callbacks {

    private static final Callbacks NONE = new Callbacks(Map.of());

    /** The turns at which something may be called. */
    enum Turn {
        START,
        RESUME,
        BEFORE_SUB_BATCH,
        AFTER_SUB_BATCH,
        PAUSE,
        CANCEL,
        COMPLETE
    }

    private final Map<Turn, Function<Run, Publisher<Void>>> called;

    private Callbacks(Map<Turn, Function<Run, Publisher<Void>>> called) {
        this.called = called;
    }

    /** No callbacks; say {@code Callbacks.none().afterPause(…)}. */
    public static Callbacks none() {
        return NONE;
    }

    /** Called when the run was claimed for the first time, and prepared: before its first sub-batch. */
    public Callbacks afterStart(Function<Run, Publisher<Void>> callback) {
        return with(Turn.START, callback);
    }

    /** Called when the run goes on after it was paused: before its next sub-batch. */
    public Callbacks afterResume(Function<Run, Publisher<Void>> callback) {
        return with(Turn.RESUME, callback);
    }

    /** Called before each sub-batch, outside of its transaction, with the run as it was claimed. An error fails the sub-batch. */
    public Callbacks beforeSubBatch(Function<Run, Publisher<Void>> callback) {
        return with(Turn.BEFORE_SUB_BATCH, callback);
    }

    /** Called after each sub-batch that was committed, with the run as it was claimed. */
    public Callbacks afterSubBatch(Function<Run, Publisher<Void>> callback) {
        return with(Turn.AFTER_SUB_BATCH, callback);
    }

    /** Called when the run is PAUSED. */
    public Callbacks afterPause(Function<Run, Publisher<Void>> callback) {
        return with(Turn.PAUSE, callback);
    }

    /** Called when the run is CANCELLED. */
    public Callbacks afterCancel(Function<Run, Publisher<Void>> callback) {
        return with(Turn.CANCEL, callback);
    }

    /** Called when the run SUCCEEDED, also when that was by {@code dismiss}. */
    public Callbacks afterComplete(Function<Run, Publisher<Void>> callback) {
        return with(Turn.COMPLETE, callback);
    }

    private Callbacks with(Turn turn, Function<Run, Publisher<Void>> callback) {
        Objects.requireNonNull(callback, "callback");
        Map<Turn, Function<Run, Publisher<Void>>> all = new EnumMap<>(Turn.class);
        all.putAll(called);
        all.put(turn, callback);
        return new Callbacks(all);
    }

    /** True when there is something to call around sub-batches. */
    boolean areAroundSubBatches() {
        return called.containsKey(Turn.BEFORE_SUB_BATCH) || called.containsKey(Turn.AFTER_SUB_BATCH);
    }

    /** True when there is something to call in the lifecycle. */
    boolean areOfTheLifecycle() {
        return called.keySet().stream().anyMatch(it -> it != Turn.BEFORE_SUB_BATCH && it != Turn.AFTER_SUB_BATCH);
    }

    /** What to call at a turn; does nothing where nothing is declared. */
    Function<Run, Publisher<Void>> at(Turn turn) {
        return called.getOrDefault(turn, run -> Mono.empty());
    }
}
