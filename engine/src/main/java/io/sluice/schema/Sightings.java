package io.sluice.schema;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Readable;
import io.sluice.ledger.SchemaRun.Backend;
import io.sluice.lock.Blocker;
import io.sluice.lock.Blockers;
import io.sluice.run.SchemaProgress.Counted;
import io.sluice.sql.Statements;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** What can be seen, from another connection, of the sessions of a run: phase, counts, and who is in the way. */
final class Sightings {

    /** VACUUM and ANALYZE have views of their own; of other statements the server tells nothing. */
    private static final String LOOK = """
            select a.pid, a.backend_start, coalesce(a.wait_event_type = 'Lock', false) as waits,
                   coalesce(p.phase, 'vacuum: ' || v.phase, 'analyze: ' || z.phase, '') as phase,
                   coalesce(p.blocks_done, v.heap_blks_scanned, z.sample_blks_scanned, 0) as blocks_done,
                   coalesce(p.blocks_total, v.heap_blks_total, z.sample_blks_total, 0) as blocks_total,
                   coalesce(p.tuples_done, 0) as tuples_done, coalesce(p.tuples_total, 0) as tuples_total,
                   coalesce(p.lockers_done, 0) as lockers_done, coalesce(p.lockers_total, 0) as lockers_total,
                   p.pid is not null as builds
              from pg_stat_activity a
              left join pg_stat_progress_create_index p on p.pid = a.pid
              left join pg_stat_progress_vacuum v on v.pid = a.pid
              left join pg_stat_progress_analyze z on z.pid = a.pid
             where a.datname = current_database() and starts_with(a.application_name, $1)
               and coalesce(a.backend_type, 'client backend') = 'client backend'
             order by a.pid
            """;

    private final Eyes eyes;
    private final Blockers blockers;

    private final BegunScans scans = new BegunScans();

    Sightings(Eyes eyes, Blockers blockers) {
        this.eyes = eyes;
        this.blockers = blockers;
    }

    /**
     * One session at one moment.
     *
     * @param start of the session; null where the server hides it from us, and with it everything that follows
     * @param builds true while it builds an index
     * @param begun whether its blocks are counted, see {@link BegunScans}
     * @param blockers who is in its way
     */
    record Sighting(
            int pid,
            @Nullable Instant start,
            boolean waits,
            String phase,
            Counted blocks,
            Counted tuples,
            Counted lockers,
            boolean builds,
            boolean begun,
            List<Blocker> blockers)
            implements Eyes.Seen {

        @Override
        public boolean isHidden() {
            return start == null;
        }

        @Nullable
        Backend backend() {
            return start == null ? null : new Backend(pid, start);
        }

        /** True in a phase in which something is counted that is not all there yet: only there standing still means anything. */
        boolean counts() {
            return builds && BuildPhase.of(phase).isCounting(blocks, tuples, lockers);
        }

        double percent() {
            if (builds) {
                return BuildPhase.of(phase).percent(blocksTold(), tuples, lockers);
            }
            return blocks.total() == 0 ? 0 : Math.min(99.0, 100.0 * blocks.done() / blocks.total());
        }

        /** The blocks as people are told of them. */
        Counted blocksTold() {
            return builds && !begun && BuildPhase.of(phase).isOfBlocks() ? new Counted(0, blocks.total()) : blocks;
        }

        /** What changes while something goes on. */
        String signature() {
            return phase + blocks.done() + '/' + tuples.done() + '/' + lockers.done();
        }

        Sighting behind(List<Blocker> inTheWay) {
            return new Sighting(pid, start, waits, phase, blocks, tuples, lockers, builds, begun, inTheWay);
        }

        Sighting withBegun(boolean isBegun) {
            return new Sighting(pid, start, waits, phase, blocks, tuples, lockers, builds, isBegun, blockers);
        }
    }

    /** Emits the sessions whose name begins so. */
    Flux<Sighting> look(String name) {
        // the connection goes back first: the next question needs one too
        return eyes.look(connection -> Statements.query(connection, LOOK, Sightings::sighting, name))
                .map(scans::seen)
                .concatMap(it -> it.waits ? blockers.of(it.pid).map(it::behind) : Flux.just(it));
    }

    private static Sighting sighting(Readable row) {
        return new Sighting(
                requireNonNull(row.get("pid", Integer.class)),
                row.get("backend_start", Instant.class),
                requireNonNull(row.get("waits", Boolean.class)),
                requireNonNull(row.get("phase", String.class)),
                counted(row, "blocks"),
                counted(row, "tuples"),
                counted(row, "lockers"),
                requireNonNull(row.get("builds", Boolean.class)),
                false,
                List.of());
    }

    private static Counted counted(Readable row, String what) {
        return new Counted(
                requireNonNull(row.get(what + "_done", Long.class)),
                requireNonNull(row.get(what + "_total", Long.class)));
    }
}
