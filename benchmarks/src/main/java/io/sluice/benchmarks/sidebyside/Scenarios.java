package io.sluice.benchmarks.sidebyside;

import static io.sluice.benchmarks.sidebyside.SluiceBackfill.Form.CODE;
import static io.sluice.benchmarks.sidebyside.SluiceBackfill.Form.SQL;

import io.sluice.run.Sizing;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What is compared. The quick ones answer for the goals; the full list varies size, key, indexes and change, too. */
final class Scenarios {

    private static final String PROCEDURE = "procedure";
    private static final String JDBC = "JDBC loop";
    private static final String PLAIN = "Sluice SQL, no function";
    private static final String ASYNCHRONOUS = "Sluice SQL, asynchronous";
    private static final String SIZED = "Sluice SQL, sized by time";

    private Scenarios() {}

    static List<Scenario> quick(Duration roundTrip) {
        return List.of(main(200_000, 0.4), code(200_000, 0.15), network(100_000, roundTrip, 0.2), small(100_000, 0.25));
    }

    static List<Scenario> full(Duration roundTrip) {
        List<Scenario> all = new ArrayList<>();
        all.add(main(1_000_000, 0.26));
        all.add(code(500_000, 0.06));
        all.add(withoutFunction(1_000_000, 0.06));
        all.add(network(1_000_000, roundTrip, 0.16));
        all.add(small(400_000, 0.14));
        all.add(large(0.08));
        for (KeyKind key : List.of(KeyKind.SPARSE, KeyKind.UUID, KeyKind.COMPOSITE)) {
            all.add(other(key, Change.UPDATE, 0, 0.05));
        }
        all.add(other(KeyKind.BIGINT, Change.DELETE, 0, 0.06));
        all.add(other(KeyKind.BIGINT, Change.UPDATE, 2, 0.05));
        return all;
    }

    private static Scenario main(int rows, double share) {
        return new Scenario(
                "sub-batches of 1000",
                Workload.updates(rows, 1_000),
                Duration.ZERO,
                server -> List.of(
                        new OneUpdate(server),
                        new ServerProcedure(server),
                        new JdbcLoop(server),
                        SluiceBackfill.of("Sluice SQL", server, SQL, 1),
                        oneInFlight(server),
                        SluiceBackfill.of("Sluice 2 lanes", server, SQL, 2)),
                List.of(
                        new Comparison("sqlVsProcedure", "Sluice SQL", PROCEDURE, 0.95),
                        new Comparison("sqlOneInFlightVsProcedure", "Sluice SQL, one in flight", PROCEDURE, 0.88),
                        new Comparison("lanes2VsProcedure", "Sluice 2 lanes", PROCEDURE, 1.33),
                        new Comparison("lanes2VsSql", "Sluice 2 lanes", "Sluice SQL", 1.4),
                        new Comparison("jdbcVsProcedure", JDBC, PROCEDURE, 0),
                        new Comparison("oneStatementVsProcedure", "one statement", PROCEDURE, 0)),
                List.of(),
                share);
    }

    /** Apart from the others, as one that is a minute away from its pair says little on a machine that is not always as fast. */
    private static Scenario code(int rows, double share) {
        return new Scenario(
                "code",
                Workload.updates(rows, 1_000),
                Duration.ZERO,
                server -> List.of(new JdbcLoop(server), SluiceBackfill.of("Sluice code", server, CODE, 1)),
                List.of(new Comparison("codeVsJdbc", "Sluice code", JDBC, 0.9)),
                List.of(),
                share);
    }

    /** Apart from the others: the login has no right to create anything, and its ledger is another one. */
    private static Scenario withoutFunction(int rows, double share) {
        return new Scenario(
                "without its function",
                Workload.updates(rows, 1_000),
                Duration.ZERO,
                server -> List.of(new ServerProcedure(server), SluiceBackfill.withoutFunction(PLAIN, server)),
                List.of(new Comparison("sqlWithoutFunctionVsProcedure", PLAIN, PROCEDURE, 0.85)),
                List.of(),
                share);
    }

    private static Scenario network(int rows, Duration roundTrip, double share) {
        return new Scenario(
                "round trip " + roundTrip.toNanos() / 1e6 + " ms",
                Workload.updates(rows, 1_000),
                roundTrip,
                server -> List.of(
                        new ServerProcedure(server),
                        new JdbcLoop(server),
                        SluiceBackfill.of("Sluice SQL", server, SQL, 1)),
                List.of(
                        new Comparison("sqlVsProcedureRtt1ms", "Sluice SQL", PROCEDURE, 0.95),
                        new Comparison("sqlVsJdbcRtt1ms", "Sluice SQL", JDBC, 1.5)),
                List.of(),
                share);
    }

    private static Scenario small(int rows, double share) {
        return new Scenario(
                "sub-batches of 50",
                Workload.updates(rows, 50),
                Duration.ZERO,
                server -> List.of(
                        new ServerProcedure(server),
                        SluiceBackfill.of("Sluice SQL", server, SQL, 1),
                        SluiceBackfill.asynchronous(ASYNCHRONOUS, server)),
                List.of(
                        new Comparison("sqlSmallVsProcedure", "Sluice SQL", PROCEDURE, 0.85),
                        new Comparison("sqlSmallAsynchronousVsProcedure", ASYNCHRONOUS, PROCEDURE, 0.85)),
                List.of(
                        new Overhead("sqlSmallAdded", "Sluice SQL", PROCEDURE, 150, 100),
                        new Overhead("sqlSmallAsynchronousAdded", ASYNCHRONOUS, PROCEDURE, 150, 100)),
                share);
    }

    private static Scenario large(double share) {
        return new Scenario(
                "sub-batches of 5000",
                Workload.updates(1_500_000, 5_000),
                Duration.ZERO,
                server -> List.of(
                        new ServerProcedure(server),
                        new JdbcLoop(server),
                        SluiceBackfill.of("Sluice SQL", server, SQL, 1)),
                List.of(
                        new Comparison("sqlLargeVsProcedure", "Sluice SQL", PROCEDURE, 0.95),
                        new Comparison("sqlLargeVsJdbc", "Sluice SQL", JDBC, 0)),
                List.of(),
                share);
    }

    private static Scenario other(KeyKind key, Change change, int indexes, double share) {
        String what = change == Change.DELETE
                ? "Delete"
                : indexes > 0
                        ? "Indexed"
                        : key.name().charAt(0) + key.name().substring(1).toLowerCase(Locale.ROOT);
        return new Scenario(
                what,
                // what only deletes is done ten times as fast, and the cost of a run itself would be all that is seen
                new Workload(key, change, change == Change.DELETE ? 4_000_000 : 400_000, 1_000, indexes),
                Duration.ZERO,
                // the engine first, as the procedure is given what it finds
                server -> List.of(sizedByTime(server), ServerProcedure.asLargeAsThoseOfSluice(server)),
                List.of(new Comparison("sql" + what + "VsProcedure", SIZED, PROCEDURE, 0.9)),
                List.of(),
                share);
    }

    private static SluiceBackfill sizedByTime(Server server) {
        Sizing sizing = new Sizing(Duration.ofMillis(20), 50, 20_000);
        return new SluiceBackfill(
                SIZED, server, SQL, it -> it.withBatchSize(100_000).withSubBatchSize(1_000, sizing), Throttle.none());
    }

    /** A run that is asked for less than full speed never has a call behind another; at so little less it loses no time to rests. */
    private static SluiceBackfill oneInFlight(Server server) {
        return new SluiceBackfill("Sluice SQL, one in flight", server, SQL, it -> it, Throttle.load(0.9999));
    }
}
