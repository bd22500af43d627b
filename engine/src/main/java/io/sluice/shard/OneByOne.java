package io.sluice.shard;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Changes, made one after the other by whichever thread is there, so that what they touch needs no lock and nobody blocks. */
final class OneByOne {

    private final Queue<Runnable> changes = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pending = new AtomicInteger();

    /** Makes the change: now, or by the thread that is making changes already. */
    void make(Runnable change) {
        changes.add(change);
        if (pending.getAndIncrement() > 0) {
            return;
        }
        int made = 1;
        do {
            for (int i = 0; i < made; i++) {
                Runnable next = changes.poll();
                if (next != null) {
                    next.run();
                }
            }
            made = pending.addAndGet(-made);
        } while (made > 0);
    }
}
