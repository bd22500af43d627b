package io.sluice.webflux.api;

import io.sluice.Enqueued;

/** What came of an order on one shard: the run, and whether it was made by this order. */
@Wire
record EnqueuedView(RunView run, boolean created) {

    static EnqueuedView of(Enqueued it) {
        return new EnqueuedView(RunView.of(it.run()), it.created());
    }
}
