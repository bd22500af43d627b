package io.sluice.schema;

import io.sluice.ledger.HeldRun;
import io.sluice.ledger.HeldRun.StopReason;
import io.sluice.ledger.Lease;
import io.sluice.ledger.Outcome;
import io.sluice.ledger.RunWork;
import io.sluice.ledger.SchemaRun;
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
                .flatMap(outcome -> outcome instanceof Outcome.Stopped stopped && stopped.reason() == StopReason.ASKED
                        ? story.cancelled().thenReturn(outcome)
                        : Mono.just(outcome));
    }

    /** A pause does not stop what is at work: the guard refuses what would come next, and that ends the story. */
    private Mono<StopReason> stop(HeldRun held) {
        return held.stop().flatMap(reason -> reason == StopReason.ASKED ? forGood(held.lease()) : Mono.just(reason));
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

    /** Cleans up after a run that was cancelled while nobody worked on it, but somebody had. */
    @Override
    public Mono<Void> left(Run run) {
        if (run.kind() != RunKind.SCHEMA || run.status() != RunStatus.CANCELLED) {
            return Mono.empty();
        }
        long number = run.id().number();
        return context.ledger()
                .schemaRuns()
                .find(number)
                .filter(SchemaRun::unclean)
                .flatMap(it -> context.ledger()
                        .schemaRuns()
                        .isSucceededByAnother(number)
                        .flatMap(another -> another ? Mono.<Void>empty() : cleaned(run, it)))
                .onErrorResume(error -> {
                    LOG.warn(
                            "run {} of '{}': could not clean up, later again: {}",
                            run.id(),
                            run.name(),
                            error.getMessage());
                    return Mono.empty();
                });
    }

    private Mono<Void> cleaned(Run run, SchemaRun schemaRun) {
        Lease nobodys = new Lease(run.id(), 0, "clean-up");
        return new SchemaCleanUp(context, nobodys, schemaRun, new Watchdog(context, nobodys)).undone();
    }
}
