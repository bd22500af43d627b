package io.sluice.schema;

import io.sluice.ledger.HeldRun;
import io.sluice.ledger.HeldRun.StopReason;
import io.sluice.ledger.Lease;
import io.sluice.ledger.Outcome;
import io.sluice.ledger.RunWork;
import io.sluice.run.Run;
import io.sluice.run.RunKind;
import io.sluice.run.RunStatus;
import io.sluice.sql.SqlFault;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** The work of a schema run. Whatever ends it, what it began is either left to who takes it over, or ended and cleaned up. */
public final class SchemaRunWork implements RunWork {

    private static final Logger LOG = LoggerFactory.getLogger(SchemaRunWork.class);

    private static final Set<String> OPERATIONS =
            Arrays.stream(Operation.values()).map(Operation::word).collect(Collectors.toUnmodifiableSet());

    /** The longest that a clean-up after the end of a run is waited for. */
    private static final Duration BRIEFLY = Duration.ofSeconds(10);

    private final SchemaRunContext context;

    public SchemaRunWork(SchemaRunContext context) {
        this.context = context;
    }

    @Override
    public RunKind kind() {
        return RunKind.SCHEMA;
    }

    @Override
    public Set<String> names() {
        return OPERATIONS;
    }

    @Override
    public boolean knows(Run run) {
        return run.kind() == RunKind.SCHEMA;
    }

    @Override
    public Mono<Outcome> work(HeldRun held) {
        return context.ledger()
                .schemaRuns()
                .find(held.run().id().number())
                .flatMap(run -> raced(held, new SchemaStory(context, held, run)))
                .onErrorResume(error ->
                        Mono.just(new Outcome.Failed(error, !SqlFault.of(error).isTransient(), false)));
    }

    /**
     * Whichever is first: the end of the story, or the reason to stop, which leaves what is at work on the server to itself. If it
     * was asked to stop, that is ended next, and cleaned up.
     */
    private Mono<Outcome> raced(HeldRun held, SchemaStory story) {
        return Mono.firstWithSignal(story.told(), stop(held).<Outcome>map(Outcome.Stopped::new))
                .flatMap(outcome -> outcome instanceof Outcome.Stopped stopped
                        ? stopped(held, story, stopped)
                        : Mono.just(outcome));
    }

    private static Mono<Outcome> stopped(HeldRun held, SchemaStory story, Outcome.Stopped stopped) {
        return switch (stopped.reason()) {
            case ASKED ->
                Mono.firstWithSignal(
                        story.cancelled().thenReturn(stopped),
                        // a clean-up that takes long is made up for by the housekeeping
                        held.shutdown().map(Outcome.Stopped::new));
            case SHUTDOWN -> Mono.just(story.failure().orElse(stopped));
            case LEASE_LOST -> Mono.just(stopped);
        };
    }

    /**
     * A pause does not stop what is at work: the guard refuses what would come next, and that ends the story. A shutdown is heard
     * even after it.
     */
    private Mono<StopReason> stop(HeldRun held) {
        return held.stop()
                .flatMap(reason -> reason == StopReason.ASKED
                        ? Mono.firstWithValue(forGood(held.lease()), held.shutdown())
                        : Mono.just(reason));
    }

    private Mono<StopReason> forGood(Lease lease) {
        return Mono.defer(() -> context.ledger()
                        .runs()
                        .watch(lease)
                        .map(status -> status == RunStatus.CANCELLING ? StopReason.ASKED : StopReason.SHUTDOWN)
                        .defaultIfEmpty(StopReason.LEASE_LOST)
                        // a database that is away is not a reason to stop what may go on there
                        .onErrorReturn(StopReason.SHUTDOWN))
                .repeatWhen(looks -> looks.concatMap(it -> Mono.delay(context.watch(), context.scheduler())))
                .filter(reason -> reason != StopReason.SHUTDOWN)
                .next();
    }

    /** A statement that was sent goes on and is adopted; one that was not is refused by its guard. */
    @Override
    public Mono<Void> fence(Lease lease, Duration patience) {
        return Mono.empty();
    }

    /**
     * Cleans up after a run that is over and still has something lying about: it was cancelled while nobody worked on it but
     * somebody had, or its worker could not, and perhaps it was dismissed then. Whoever calls this has other things to do, so what takes long is left to the server,
     * and looked at again by the next housekeeping.
     */
    @Override
    public Mono<Void> left(Run run) {
        if (run.kind() != RunKind.SCHEMA || !(run.status().isTerminal() || run.status() == RunStatus.FAILED)) {
            return Mono.empty();
        }
        return context.ledger()
                .schemaRuns()
                .toBeCleaned(run.id().number())
                .flatMap(token -> cleaned(run, new Lease(run.id(), token, "clean-up")))
                .timeout(BRIEFLY, context.scheduler())
                .onErrorResume(error -> {
                    LOG.warn(
                            "run {} of '{}': could not clean up, later again: {}",
                            run.id(),
                            run.name(),
                            error.getMessage());
                    return Mono.empty();
                });
    }

    @Override
    public Mono<Void> owed() {
        return context.ledger()
                .schemaRuns()
                .owing()
                .flatMap(run -> context.ledger().runs().find(run))
                .flatMap(this::left);
    }

    private Mono<Void> cleaned(Run run, Lease nobodys) {
        return context.ledger().schemaRuns().find(run.id().number()).flatMap(it -> {
            SchemaCleanUp cleanUp = new SchemaCleanUp(context, nobodys, it, new Watchdog(context, nobodys));
            return cleanUp.isUnderWay().flatMap(goesOn -> goesOn ? Mono.empty() : cleanUp.after(run.status()));
        });
    }
}
