package io.sluice.schema;

import io.sluice.ledger.Lease;
import io.sluice.ledger.SchemaRun.Backend;
import io.sluice.ledger.SchemaRunStore;
import io.sluice.lock.Blocker;
import io.sluice.lock.Blockers;
import io.sluice.run.SchemaProgress.Counted;
import io.sluice.schema.Sightings.Sighting;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Watches the sessions of one run from other connections while they work: writes down how far they are and whom they wait for,
 * has blockers ended where that is wanted, and gives a build up that makes no progress with nobody in its way.
 */
final class Watchdog {

    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

    private final SchemaRunContext context;
    private final Lease lease;
    private final Sightings sightings;
    private final BlockerEnder ender;
    private final SchemaRunStore store;

    /** Partitions whose index is done, of how many; their share of the whole is what is known for sure. */
    private volatile Counted partitions = new Counted(0, 0);

    private volatile String told = "";

    Watchdog(SchemaRunContext context, Lease lease) {
        this.context = context;
        this.lease = lease;
        this.sightings = new Sightings(context.ledger().connections(), context.blockers());
        this.ender = new BlockerEnder(context, lease.run().number());
        this.store = context.ledger().schemaRuns();
    }

    /** Says how many partitions are done. */
    Mono<Void> partitions(Counted done) {
        partitions = done;
        return write(List.of(), "building indexes of partitions", null);
    }

    /** Writes what is done where there is no session to be seen, and whom it waits for. */
    Mono<Void> says(String phase, @Nullable String waitsFor) {
        return write(List.of(), phase, waitsFor).then(note(waitsFor == null ? "" : "waits for " + waitsFor));
    }

    /** The same, for sessions that are known. */
    Mono<Void> waits(String phase, List<Blocker> inTheWay) {
        return write(List.of(), phase, Blockers.summary(inTheWay))
                .then(note(names(inTheWay)))
                .then(ender.ended(inTheWay));
    }

    /**
     * Watches the sessions whose name begins so, for ever; what it sees is written. Looks that fail are left out.
     *
     * @param phase what is done, for people, where the server does not tell
     * @param mayStall true where a time without progress means something
     * @return never completes; errors with {@link BuildStalledException}
     */
    Mono<Void> watch(String name, String phase, boolean mayStall, Duration every, Consumer<List<Blocker>> seen) {
        return Flux.defer(() -> {
                    Stall stall = new Stall(context.settings().stall(), context.scheduler());
                    return Flux.interval(every, context.scheduler())
                            .onBackpressureDrop()
                            .concatMap(
                                    tick -> look(name, phase, seen)
                                            .onErrorResume(error -> {
                                                LOG.debug("run {}: a look failed", lease.run(), error);
                                                return Mono.just(List.of());
                                            })
                                            .doOnNext(it -> {
                                                if (mayStall) {
                                                    stall.seen(it);
                                                }
                                            }),
                                    1);
                })
                .then();
    }

    /** How long nothing has moved. */
    private static final class Stall {

        private final Duration longest;
        private final Scheduler scheduler;
        private String last = "";
        private long since;

        Stall(Duration longest, Scheduler scheduler) {
            this.longest = longest;
            this.scheduler = scheduler;
            this.since = scheduler.now(TimeUnit.MILLISECONDS);
        }

        /** Looks follow each other, so nothing here is done twice at once. */
        void seen(List<Sighting> sessions) {
            long now = scheduler.now(TimeUnit.MILLISECONDS);
            String signature =
                    String.join(" ", sessions.stream().map(Sighting::signature).toList());
            boolean isBlocked = sessions.stream().anyMatch(it -> !it.blockers().isEmpty());
            if (!signature.equals(last) || isBlocked) {
                last = signature;
                since = now;
            } else if (now - since > longest.toMillis()) {
                throw new BuildStalledException(
                        sessions.isEmpty() ? "" : sessions.get(0).phase(), longest);
            }
        }
    }

    private Mono<List<Sighting>> look(String name, String phase, Consumer<List<Blocker>> seen) {
        return sightings.look(name).collectList().delayUntil(sessions -> {
            List<Blocker> inTheWay = sessions.stream()
                    .flatMap(it -> it.blockers().stream())
                    .distinct()
                    .toList();
            seen.accept(inTheWay);
            String waitsFor = inTheWay.isEmpty() ? null : Blockers.summary(inTheWay);
            return write(sessions, phase, waitsFor).then(note(names(inTheWay))).then(ender.ended(inTheWay));
        });
    }

    /** Told when it changes, by who they are and not by how old they have become. */
    private static String names(List<Blocker> inTheWay) {
        return inTheWay.isEmpty()
                ? ""
                : "waits for "
                        + String.join(
                                ", ",
                                inTheWay.stream()
                                        .map(it -> "pid " + it.pid() + " ("
                                                + (it.application().isEmpty() ? it.user() : it.application()) + ")")
                                        .toList());
    }

    private Mono<Void> note(String note) {
        if (note.equals(told)) {
            return Mono.empty();
        }
        told = note;
        return note.isEmpty()
                ? Mono.empty()
                : store.noted(lease.run().number(), note).onErrorComplete();
    }

    private Mono<Void> write(List<Sighting> sessions, String phase, @Nullable String waitsFor) {
        Sighting first = sessions.isEmpty() ? null : sessions.get(0);
        Counted none = new Counted(0, 0);
        Backend backend = first == null ? null : first.backend();
        return store.progressed(
                lease,
                new SchemaRunStore.Sighting(
                        first == null || first.phase().isEmpty() ? phase : first.phase(),
                        percent(sessions),
                        first == null ? none : first.blocks(),
                        first == null ? none : first.tuples(),
                        first == null ? none : first.lockers(),
                        partitions,
                        waitsFor,
                        backend));
    }

    private double percent(List<Sighting> sessions) {
        double working = sessions.stream().mapToDouble(Sighting::percent).sum();
        return partitions.total() == 0 ? working : (100.0 * partitions.done() + working) / partitions.total();
    }
}
