package io.sluice.data;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.sluice.ledger.Lane;
import io.sluice.ledger.LaneStore;
import io.sluice.ledger.Lease;
import io.sluice.ledger.LedgerName;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A transaction that has begun, holds its lane and has passed the guard; for forms of work that take more than one statement.
 *
 * @param began what {@link LaneStore#TRANSACTION_BEGAN} is in it
 * @param lower cursor; null before the first sub-batch
 * @param stop end of the batch; null where there is nothing to do
 * @param bound last key of the sub-batch; null where it was not looked up, or there are fewer keys up to the stop
 * @param laneUpper end of the lane
 */
record OpenSubBatch(
        String state,
        long began,
        @Nullable List<String> lower,
        @Nullable List<String> stop,
        @Nullable List<String> bound,
        @Nullable List<String> laneUpper,
        int batchSize,
        int subBatchSize,
        Duration batchPause,
        Duration subBatchPause) {

    /** What the row of the guard is called, so that no column of the table is meant. */
    private static final String OPEN = "sluice_open";

    boolean isOpen() {
        return state.equals("OPEN");
    }

    /** The rest that is due where a batch ends: the longer of the two. */
    Duration pauseAfterBatch() {
        return batchPause.compareTo(subBatchPause) >= 0 ? batchPause : subBatchPause;
    }

    /** True when the settings have the run rest after some of its sub-batches. */
    boolean rests() {
        return !batchPause.isZero() || !subBatchPause.isZero();
    }

    /** What a call comes to that finds the transaction not open. */
    SubBatch unopened() {
        return state.equals("DONE") ? SubBatch.NOTHING_LEFT : SubBatch.REFUSED;
    }

    /**
     * Begins the transaction, in one message with its limits, the guard and the bound. A worker that is frozen between two statements
     * is cut off by the server before its lease is over, so it does not stand in the way of its successor.
     *
     * @param keys of the table whose bound is looked up, behind the cursor; null: there is none
     */
    static Mono<OpenSubBatch> begin(
            Connection connection,
            LedgerName ledger,
            Lease lease,
            Lane lane,
            DataSettings settings,
            @Nullable Keyset keys) {
        TransactionLimits limits = settings.limits();
        String begin = "begin; set local statement_timeout = "
                + limits.statement().toMillis()
                + "; set local jit = off; select *, " + LaneStore.TRANSACTION_BEGAN + " as began, " + bound(keys)
                + " as bound from "
                + ledger.quoted() + ".begin_sub_batch(" + lane.id() + ", " + lane.token() + ", " + lane.epoch() + ", "
                + limits.lock().toMillis() + ", " + limits.idle().toMillis() + ", "
                + settings.commit().literal() + ", '"
                + StepFunction.applicationName(lease.run().number()) + "') as " + OPEN;
        return Flux.from(connection.createStatement(begin).execute())
                .concatMap(result -> result.map(OpenSubBatch::of))
                .last();
    }

    /** With the cursor and the stop that the guard has just read. Behind no cursor there is nothing, as it is null. */
    private static String bound(@Nullable Keyset keys) {
        return keys == null
                ? "null::text[]"
                : "("
                        + keys.nth(
                                new Keyset.Lower(keys.decoded(OPEN + ".lower"), false),
                                keys.decoded(OPEN + ".stop"),
                                OPEN + ".sub_batch_size - 1")
                        + ")";
    }

    private static OpenSubBatch of(Readable row) {
        String state = requireNonNull(row.get("state", String.class));
        if (!state.equals("OPEN")) {
            return new OpenSubBatch(state, 0, null, null, null, null, 0, 0, Duration.ZERO, Duration.ZERO);
        }
        return new OpenSubBatch(
                state,
                requireNonNull(row.get("began", Long.class)),
                key(row, "lower"),
                key(row, "stop"),
                key(row, "bound"),
                key(row, "lane_upper"),
                requireNonNull(row.get("batch_size", Integer.class)),
                requireNonNull(row.get("sub_batch_size", Integer.class)),
                Duration.ofMillis(requireNonNull(row.get("batch_pause_ms", Long.class))),
                Duration.ofMillis(requireNonNull(row.get("sub_batch_pause_ms", Long.class))));
    }

    private static @Nullable List<String> key(Readable row, String column) {
        String[] key = row.get(column, String[].class);
        return key == null ? null : List.of(key);
    }
}
