package io.sluice.ledger;

import io.sluice.shard.Shard;
import io.sluice.sql.Connections;
import io.sluice.sql.KeptOpen;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** The ledger of one shard: its schema and the stores over it, which share the shard's connections. */
public final class Ledger {

    private final Connections connections;
    private final LedgerName name;
    private final LedgerSchema schema;
    private final RunStore runs;
    private final RunListing listing;
    private final DataRunStore dataRuns;
    private final LaneStore lanes;
    private final BatchStore batches;
    private final QuarantineStore quarantine;
    private final SchemaRunStore schemaRuns;
    private final EventJournal journal;

    public Ledger(Shard shard, Scheduler scheduler) {
        this(shard, new KeptOpen(1), scheduler);
    }

    /** @param keptOpen shared by the shards of one Sluice */
    public Ledger(Shard shard, KeptOpen keptOpen, Scheduler scheduler) {
        this.connections = new Connections(shard.name(), shard.work(), keptOpen, shard.pool());
        this.name = new LedgerName(shard.ledgerSchema());
        this.schema = new LedgerSchema(connections, name);
        this.runs = new RunStore(connections, name);
        this.listing = new RunListing(connections, name);
        this.dataRuns = new DataRunStore(connections, name);
        this.lanes = new LaneStore(connections, name, scheduler);
        this.batches = new BatchStore(connections, name);
        this.quarantine = new QuarantineStore(connections, name);
        this.schemaRuns = new SchemaRunStore(connections, name);
        this.journal = new EventJournal(connections, name);
    }

    public String shard() {
        return connections.shard();
    }

    /** Connections for ordinary work. */
    public Connections connections() {
        return connections;
    }

    public LedgerName name() {
        return name;
    }

    public LedgerSchema schema() {
        return schema;
    }

    public RunStore runs() {
        return runs;
    }

    public RunListing listing() {
        return listing;
    }

    public DataRunStore dataRuns() {
        return dataRuns;
    }

    public LaneStore lanes() {
        return lanes;
    }

    public BatchStore batches() {
        return batches;
    }

    public QuarantineStore quarantine() {
        return quarantine;
    }

    public SchemaRunStore schemaRuns() {
        return schemaRuns;
    }

    public EventJournal journal() {
        return journal;
    }

    public Mono<Void> close() {
        return connections.close();
    }
}
