package io.sluice;

import io.sluice.ledger.RunWork;
import io.sluice.schema.SchemaPause;
import io.sluice.schema.SchemaQueue;
import io.sluice.schema.SchemaRunContext;
import io.sluice.schema.SchemaRunWork;

/** All there is for the schema runs of one shard. */
final class SchemaDesk {

    private final SchemaRunWork work;
    private final SchemaQueue queue;
    private final SchemaPause pause;

    SchemaDesk(SchemaRunContext context) {
        this.work = new SchemaRunWork(context);
        this.queue = new SchemaQueue(context);
        this.pause = new SchemaPause(context.ledger());
    }

    RunWork work() {
        return work;
    }

    SchemaQueue queue() {
        return queue;
    }

    SchemaPause pause() {
        return pause;
    }
}
