package io.sluice.data;

import io.r2dbc.spi.Connection;
import io.sluice.ledger.DataRun;
import io.sluice.ledger.Lane;
import io.sluice.ledger.LaneRange;
import io.sluice.run.Failure;
import io.sluice.run.Progress.Phase;
import io.sluice.run.RowTotal;
import io.sluice.sql.TableName;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Work that has been held against the database of its shard: one form for each shape of {@link Work}. */
interface PreparedWork {

    /** What is walked, for the ledger. */
    DataRun.Walked walked();

    /** The table that is walked; null where the source is none. */
    @Nullable
    TableName table();

    /** Named values of the statement as a JSON object. */
    String bindings();

    /** True where the migration says which rows are still to do. */
    boolean declaresRemaining();

    /** Emits the rows there are to pass. */
    Mono<RowTotal> total();

    /**
     * Emits what a pass that begins now walks, one range a lane. Where there is nothing to walk, it is one range without an upper
     * end.
     */
    Mono<List<LaneRange>> ranges();

    /**
     * Gives half of the largest rest that any lane has to a new lane.
     *
     * @return emits the new lane's number; empty when no rest is worth it
     */
    Mono<Integer> halve(int newLane);

    /** Makes what the sessions of a phase need on the server. */
    Mono<Void> install(Connection connection, Phase phase);

    /** Drops it. */
    Mono<Void> uninstall(Connection connection);

    /** A session for a lane on its own connection; opens its first batch if there is none. */
    Mono<LaneSession> session(Connection connection, Lane lane, Phase phase);

    /** A session whose next call puts the next key into quarantine instead of working on it. */
    LaneSession quarantining(Connection connection, Lane lane, Phase phase, Failure failure);
}
