package io.sluice.schema;

import static java.util.Objects.requireNonNull;

import io.sluice.ledger.Lease;
import io.sluice.ledger.SchemaRunStore;
import io.sluice.lock.Blocker;
import io.sluice.lock.Blockers;
import io.sluice.run.SchemaProgress.Counted;
import io.sluice.schema.Sightings.Sighting;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Watches the sessions of one run from other connections while they work: writes down how far they are and whom they wait for,
 * and has blockers ended where that is wanted.
 */
final class Watchdog {

    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

    private final SchemaRunContext context;
    private final Lease lease;
    private final Sightings sightings;
    private final BlockerEnder ender;
    private final SchemaRunStore store;
    private final boolean ofMany;

    /** Partitions whose index is done, of how many; their share of the whole is what is known for sure. */
    private final AtomicReference<Counted> partitions = new AtomicReference<>(new Counted(0, 0));

    private volatile String told = "";

    Watchdog(SchemaRunContext context, Lease lease) {
        this(context, lease, false);
    }

    /** @param ofMany true where one statement does so many things that the progress of one tells nothing of the whole */
    Watchdog(SchemaRunContext context, Lease lease, boolean ofMany) {
        this.ofMany = ofMany;
        this.context = context;
        this.lease = lease;
        this.sightings = new Sightings(context.eyes(), context.blockers());
        this.ender = new BlockerEnder(context, lease.run().number());
        this.store = context.ledger().schemaRuns();
    }

    /** Begins with what is known from before, so that sessions side by side are not taken for the whole. */
    void begins(Counted known) {
        partitions.set(known);
    }

    /** Says how many partitions are done. */
    Mono<Void> partitions(Counted done) {
        partitions.set(done);
        return write(List.of(), done, "building indexes of partitions", null);
    }

    /** Counts one more partition; what is seen next tells of it. */
    void onePartitionMore() {
        partitions.updateAndGet(it ->
                it.total() == 0 ? it : new Counted(Math.min(it.done() + 1, it.total()), it.total()));
    }

    /** Writes what is done where there is no session to be seen, and whom it waits for. */
    Mono<Void> says(String phase, @Nullable String waitsFor) {
        return write(List.of(), partitions(), phase, waitsFor)
                .then(note(waitsFor == null ? "" : "waits for " + waitsFor));
    }

    /** The same, for sessions that are known. */
    Mono<Void> waits(String phase, List<Blocker> inTheWay) {
        return write(List.of(), partitions(), phase, Blockers.summary(inTheWay))
                .then(note(names(inTheWay)))
                .then(ender.ended(inTheWay));
    }

    /**
     * Watches the sessions whose name begins so, for ever; what it sees is written. Looks that fail are left out.
     *
     * @param phase what is done, for people, where the server does not tell
     * @param judge hears of each look
     * @return never completes; errors with what the judge throws
     */
    Mono<Void> watch(String name, String phase, Duration every, Consumer<List<Sighting>> judge) {
        return watch(name, seen -> seen.isEmpty() ? phase : seen, every, judge);
    }

    /** The same, for statements that somebody else began: it is said whose they are. */
    Mono<Void> watchOthers(String name, String whose, Duration every, Consumer<List<Sighting>> judge) {
        return watch(name, seen -> seen.isEmpty() ? whose : whose + ": " + seen, every, judge);
    }

    private Mono<Void> watch(String name, UnaryOperator<String> phase, Duration every, Consumer<List<Sighting>> judge) {
        return Flux.interval(every, context.scheduler())
                .onBackpressureDrop()
                .concatMap(tick -> look(name, phase, judge), 1)
                .then();
    }

    private Mono<Void> look(String name, UnaryOperator<String> phase, Consumer<List<Sighting>> judge) {
        return Mono.defer(() -> {
            // a partition that is done after the look is seen by it at work, and must not count as both
            Counted done = partitions();
            return tolerant(sightings.look(name).collectList())
                    .doOnNext(judge)
                    .flatMap(sessions -> tolerant(told(sessions, done, phase)));
        });
    }

    private <T> Mono<T> tolerant(Mono<T> look) {
        return look.onErrorResume(error -> {
            LOG.debug("run {}: a look failed", lease.run(), error);
            return Mono.empty();
        });
    }

    private Mono<Void> told(List<Sighting> sessions, Counted done, UnaryOperator<String> phase) {
        List<Blocker> inTheWay = blockers(sessions);
        String waitsFor = inTheWay.isEmpty() ? null : Blockers.summary(inTheWay);
        String server = sessions.isEmpty() ? "" : sessions.get(0).phase();
        return write(sessions, done, phase.apply(server), waitsFor)
                .then(note(names(inTheWay)))
                .then(ender.ended(inTheWay));
    }

    /** Who is in the way of any of them. */
    static List<Blocker> blockers(List<Sighting> sessions) {
        return sessions.stream()
                .flatMap(it -> it.blockers().stream())
                .distinct()
                .toList();
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

    private Mono<Void> write(List<Sighting> sessions, Counted done, String phase, @Nullable String waitsFor) {
        Sighting first = sessions.isEmpty() ? null : sessions.get(0);
        Counted none = new Counted(0, 0);
        return store.progressed(
                lease,
                new SchemaRunStore.Sighting(
                        phase,
                        percent(sessions, done),
                        first == null ? none : first.blocksTold(),
                        first == null ? none : first.tuples(),
                        first == null ? none : first.lockers(),
                        done,
                        waitsFor,
                        first == null ? null : first.backend()));
    }

    private double percent(List<Sighting> sessions, Counted done) {
        if (ofMany) {
            return 0;
        }
        double working = sessions.stream().mapToDouble(Sighting::percent).sum();
        return Math.min(99.9, done.total() == 0 ? working : (100.0 * done.done() + working) / done.total());
    }

    private Counted partitions() {
        return requireNonNull(partitions.get());
    }
}
