package io.sluice.data;

import io.sluice.data.Callbacks.Turn;
import io.sluice.run.Run;
import reactor.core.publisher.Mono;

/** A session with callbacks around its sub-batches; one at a time, so that they are around just one. */
final class CallbackSession implements LaneSession {

    private final LaneSession session;
    private final CallbackCalls calls;
    private final Run run;

    CallbackSession(LaneSession session, CallbackCalls calls, Run run) {
        this.session = session;
        this.calls = calls;
        this.run = run;
    }

    @Override
    public Mono<SubBatch> next(int target) {
        return calls.call(Turn.BEFORE_SUB_BATCH, run)
                .onErrorMap(error -> new NotOfARowException("the callback before a sub-batch failed", error))
                .then(Mono.defer(() -> session.next(target)))
                .delayUntil(done -> done.isCommitted() ? calls.callSafely(Turn.AFTER_SUB_BATCH, run) : Mono.empty());
    }

    @Override
    public int depth() {
        return 1;
    }
}
