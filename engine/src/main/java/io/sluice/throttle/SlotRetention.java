package io.sluice.throttle;

import static java.util.Objects.requireNonNull;

import io.sluice.sql.Statements;
import reactor.core.publisher.Mono;

/**
 * The write-ahead log that the server must keep because a replication slot has not taken it: that of the slot which holds most.
 * When nobody takes it, it fills the disk. Any role may see it, in {@code pg_replication_slots} (the manual, section 53.20).
 */
public final class SlotRetention {

    private static final long SOFT = 1L << 30;
    private static final long HARD = 8L << 30;

    private static final String MOST = """
            select slot_name::text as slot, active,
                   pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8 as bytes
              from pg_replication_slots where restart_lsn is not null
             order by bytes desc limit 1
            """;

    private SlotRetention() {}

    /** Slower from 1 GiB, limit 8 GiB. Keep it below {@code max_slot_wal_keep_size}, from where the server gives a slot up. */
    public static Signal ofAnySlot() {
        return ofAnySlot(SOFT, HARD);
    }

    /** In bytes of log that is kept. */
    public static Signal ofAnySlot(long soft, long hard) {
        return Signal.ofShard(
                "the log that replication slots keep",
                new Limits(soft, hard, Unit.BYTES),
                time -> (connection, table) -> Statements.queryOne(connection, MOST, row -> {
                            double kept = requireNonNull(row.get("bytes", Double.class));
                            return Reading.of(
                                    kept,
                                    "replication slot '" + row.get("slot", String.class) + "' keeps "
                                            + Unit.BYTES.words(kept) + " of log"
                                            + (Boolean.TRUE.equals(row.get("active", Boolean.class))
                                                    ? ""
                                                    : " and nobody takes it"));
                        })
                        .switchIfEmpty(Mono.just(Reading.nothing())));
    }
}
