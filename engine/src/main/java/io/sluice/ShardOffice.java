package io.sluice;

import io.sluice.data.DataQueue;
import io.sluice.data.DataRunWork;
import io.sluice.ledger.JournalTail;
import io.sluice.ledger.Ledger;
import io.sluice.ledger.RunWork;
import io.sluice.run.Run;
import io.sluice.run.RunKind;
import io.sluice.shard.Turn;
import io.sluice.shard.Turns;
import io.sluice.worker.RunDriver;
import io.sluice.worker.Worker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** All there is for one shard: its ledger, its queue, its worker, and who drives runs in the foreground. */
final class ShardOffice {

    private final Ledger ledger;
    private final DataRunWork work;
    private final SchemaDesk schema;
    private final RunDriver driver;
    private final Worker worker;
    private final DataQueue queue;
    private final Turns turns;
    private final Duration look;
    private final JournalTail tail;
    private final AtomicBoolean usable = new AtomicBoolean();

    ShardOffice(
            Ledger ledger,
            DataRunWork work,
            SchemaDesk schema,
            RunDriver driver,
            Worker worker,
            Turns turns,
            Duration look,
            Scheduler scheduler) {
        this.ledger = ledger;
        this.work = work;
        this.schema = schema;
        this.driver = driver;
        this.worker = worker;
        this.queue = new DataQueue(ledger);
        this.turns = turns;
        this.look = look;
        this.tail = new JournalTail(ledger.journal(), this::looked, Flux.defer(worker::notifications), look, scheduler);
    }

    /**
     * The same look, where more shards are followed than may keep connections open when few enough others are made; nothing stays
     * open behind it then.
     */
    <T> Mono<T> looked(Mono<T> made) {
        return look.equals(JournalTail.LOOK)
                ? made
                : turns.looking(ledger.shard(), Mono.never(), () -> made.delayUntil(it -> worker.rested(look)))
                        .next();
    }

    String name() {
        return ledger.shard();
    }

    Ledger ledger() {
        return ledger;
    }

    DataQueue queue() {
        return queue;
    }

    SchemaDesk schema() {
        return schema;
    }

    /** What happens on the shard, looked up once for all who follow it. */
    JournalTail tail() {
        return tail;
    }

    Worker worker() {
        return worker;
    }

    /** Completes when the ledger can be used; looked at until it was so once. */
    Mono<Void> ready() {
        return Mono.defer(
                () -> usable.get() ? Mono.empty() : ledger.schema().check().doOnSuccess(done -> usable.set(true)));
    }

    Mono<Void> install() {
        return ledger.schema().install().doOnSuccess(done -> usable.set(true));
    }

    /** Drives a run that was claimed for the foreground. */
    Mono<Run> drive(Run claimed) {
        RunWork its = claimed.kind() == RunKind.SCHEMA ? schema.work() : work;
        return driver.drive(claimed, its, Mono.never(), Turn.FREE, Flux.never());
    }

    /** Does what is due after a run was moved while nobody worked on it. */
    Mono<Void> left(Run run) {
        return run.kind() == RunKind.SCHEMA ? schema.work().left(run) : work.left(run);
    }

    /** Closes the connections, when what was cancelled is handed back. */
    Mono<Void> close() {
        return driver.idle().then(Mono.defer(ledger::close));
    }
}
