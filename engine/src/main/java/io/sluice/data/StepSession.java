package io.sluice.data;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.sluice.ledger.Lane;
import java.time.Duration;
import java.util.function.IntFunction;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The fast form: one call of a step is a whole sub-batch, one round trip and one commit. Nothing is bound, so the next call can follow
 * before this one has answered; the lane's row orders them.
 */
final class StepSession implements LaneSession {

    /** Two hide the network; more would only make a stop wait longer. */
    private static final int DEPTH = 2;

    private final Connection connection;
    private final IntFunction<String> call;
    private final Duration answerWithin;
    private final Scheduler scheduler;

    StepSession(Connection connection, Step step, Lane lane, TransactionLimits limits, Scheduler scheduler) {
        this.connection = connection;
        this.answerWithin = SubBatchTransaction.answerWithin(limits).multipliedBy(DEPTH);
        this.scheduler = scheduler;
        this.call = target -> step.call(lane.id(), lane.token(), lane.epoch(), target, limits.statement());
    }

    @Override
    public Mono<SubBatch> next(int target) {
        return Flux.from(connection.createStatement(call.apply(target)).execute())
                .concatMap(result -> result.map(StepSession::subBatch))
                .last()
                // the server ends a long statement by itself; who does not answer even then is gone
                .timeout(answerWithin, scheduler);
    }

    @Override
    public int depth() {
        return DEPTH;
    }

    private static SubBatch subBatch(Readable row) {
        String state = requireNonNull(row.get("sluice_state", String.class));
        return switch (state) {
            case "OPEN", "LAST" ->
                new SubBatch(
                        state.equals("LAST") ? SubBatch.State.LAST : SubBatch.State.COMMITTED,
                        requireNonNull(row.get("sluice_seen", Long.class)),
                        requireNonNull(row.get("sluice_changed", Long.class)),
                        Duration.ofMillis(requireNonNull(row.get("sluice_pause", Long.class))),
                        Boolean.TRUE.equals(row.get("sluice_rests", Boolean.class)));
            case "DONE" -> SubBatch.NOTHING_LEFT;
            default -> SubBatch.REFUSED;
        };
    }
}
