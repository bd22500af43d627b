package io.sluice;

import io.r2dbc.spi.Connection;
import io.sluice.data.DataMigration;
import io.sluice.data.DataQueue;
import io.sluice.run.BatchSettings;
import io.sluice.run.Run;
import io.sluice.run.RunNotSucceededException;
import io.sluice.run.RunStatus;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Takes orders: checks them against the declaration, then enqueues on each shard by itself. */
final class Intake {

    private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

    private final Foreground foreground;
    private final boolean inline;

    Intake(Foreground foreground, boolean inline) {
        this.foreground = foreground;
        this.inline = inline;
    }

    /** Emits what came of it on each shard; then errors, if it failed anywhere, with all that failed. */
    Flux<Enqueued> enqueue(Enqueue order, DataMigration migration, List<ShardOffice> offices) {
        return Flux.defer(() -> {
            BatchSettings settings = order.settings(migration.settings());
            DataQueue.Order wanted = new DataQueue.Order(
                    migration,
                    order.arguments(),
                    settings,
                    order.bounds(),
                    order.mode() == Enqueue.Mode.DELAYED,
                    order.isAgain(),
                    order.maxAttempts());
            EachShard.refuseImpossible(order.joined() != null, order.mode(), offices);
            return EachShard.enqueued(order.name(), offices, office -> enqueue(order, wanted, office));
        });
    }

    private Mono<Enqueued> enqueue(Enqueue order, DataQueue.Order wanted, ShardOffice office) {
        Connection joined = order.joined();
        Mono<DataQueue.Taken> taken =
                joined == null ? office.queue().take(wanted) : office.queue().take(joined, wanted);
        return office.ready()
                .then(taken)
                .flatMap(it -> accepted(order, it))
                .doOnNext(it -> office.worker().wake())
                .flatMap(it -> isInline(order)
                        ? foreground.finish(office, it.run()).map(run -> new Enqueued(run, it.created()))
                        : Mono.just(it));
    }

    private boolean isInline(Enqueue order) {
        return order.mode() == Enqueue.Mode.INLINE
                || (inline && order.mode() == Enqueue.Mode.QUEUED && order.joined() == null);
    }

    private static Mono<Enqueued> accepted(Enqueue order, DataQueue.Taken taken) {
        Run run = taken.run();
        if (!taken.created() && run.status() == RunStatus.CANCELLED) {
            return Mono.error(RunNotSucceededException.cancelled(run));
        }
        if (taken.otherSettings()) {
            LOG.warn(
                    "run {} of '{}' is there already with other settings, which stay; change them with changeSettings",
                    run.id(),
                    order.name());
        }
        return Mono.just(new Enqueued(run, taken.created()));
    }
}
