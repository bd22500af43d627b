package io.sluice.benchmarks.sidebyside;

import static io.sluice.benchmarks.sidebyside.SluiceBackfill.Form.CODE;
import static io.sluice.benchmarks.sidebyside.SluiceBackfill.Form.SQL;

import io.sluice.run.Sizing;
import io.sluice.throttle.Throttle;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What is compared. The quick ones answer for the goals; the full list varies size, key, indexes and change, too. A scenario with a goal has
 * few subjects, so that those of a pair are close to each other in time; what each way of doing it comes to elsewhere is told by those
 * called "every way", which have no goals.
 */
final class Scenarios {

    private static final String PROCEDURE = "procedure";
    private static final String JDBC = "JDBC loop";
    private static final String PLAIN = "Sluice SQL, no function";
    private static final String ASYNCHRONOUS = "Sluice SQL, asynchronous";
    private static final String SIZED = "Sluice SQL, sized by time";

    private Scenarios() {}

    static List<Scenario> quick(Duration roundTrip) {
        return List.of(main(200_000, 0.45), code(100_000, 0.1), network(100_000, roundTrip, 0.2), small(100_000, 0.25));
    }

    static List<Scenario> full(Duration roundTrip) {
        List<Scenario> all = new ArrayList<>();
        all.add(main(1_000_000, 0.2));
        all.add(code(500_000, 0.05));
        all.add(withoutFunction(1_000_000, 0.05));
        all.add(network(1_000_000, roundTrip, 0.1));
        all.add(small(400_000, 0.1));
        all.add(large(0.05));
        for (KeyKind key : List.of(KeyKind.SPARSE, KeyKind.UUID, KeyKind.COMPOSITE)) {
            all.add(other(key, Change.UPDATE, 0, 0.04));
        }
        all.add(other(KeyKind.BIGINT, Change.DELETE, 0, 0.05));
        all.add(other(KeyKind.BIGINT, Change.UPDATE, 2, 0.04));
        Workload updates = Workload.updates(200_000, 1_000);
        all.add(everyWay("", updates, Duration.ZERO));
        all.add(everyWay(" " + named(roundTrip), updates, roundTrip));
        all.add(everyWay(" Batches50", Workload.updates(50_000, 50), Duration.ZERO));
        all.add(everyWay(" Batches5000", Workload.updates(500_000, 5_000), Duration.ZERO));
        for (KeyKind key : List.of(KeyKind.SPARSE, KeyKind.UUID, KeyKind.COMPOSITE)) {
            all.add(everyWay(" " + named(key), new Workload(key, Change.UPDATE, 200_000, 1_000, 0), Duration.ZERO));
        }
        all.add(everyWay(" Delete", new Workload(KeyKind.BIGINT, Change.DELETE, 1_000_000, 1_000, 0), Duration.ZERO));
        all.add(everyWay(" Indexed", new Workload(KeyKind.BIGINT, Change.UPDATE, 200_000, 1_000, 2), Duration.ZERO));
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
        // the goals are those of one millisecond
        boolean hasGoal = roundTrip.equals(Duration.ofMillis(1));
        return new Scenario(
                "round trip " + roundTrip.toNanos() / 1e6 + " ms",
                Workload.updates(rows, 1_000),
                roundTrip,
                server -> List.of(
                        new ServerProcedure(server),
                        new JdbcLoop(server),
                        SluiceBackfill.of("Sluice SQL", server, SQL, 1)),
                List.of(
                        new Comparison(
                                "sqlVsProcedure" + named(roundTrip), "Sluice SQL", PROCEDURE, hasGoal ? 0.95 : 0),
                        new Comparison("sqlVsJdbc" + named(roundTrip), "Sluice SQL", JDBC, hasGoal ? 1.5 : 0)),
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
        String what = change == Change.DELETE ? "Delete" : indexes > 0 ? "Indexed" : named(key);
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

    /** All six, in batches of a fixed size, each against the procedure. */
    private static Scenario everyWay(String where, Workload workload, Duration roundTrip) {
        String suffix = where.strip();
        return new Scenario(
                "every way" + where,
                workload,
                roundTrip,
                server -> List.of(
                        new OneUpdate(server),
                        new ServerProcedure(server),
                        new JdbcLoop(server),
                        SluiceBackfill.of("Sluice SQL", server, SQL, 1),
                        SluiceBackfill.of("Sluice 2 lanes", server, SQL, 2),
                        SluiceBackfill.of("Sluice code", server, CODE, 1)),
                List.of(
                        new Comparison("everyWayOneStatement" + suffix, "one statement", PROCEDURE, 0),
                        new Comparison("everyWayJdbc" + suffix, JDBC, PROCEDURE, 0),
                        new Comparison("everyWaySql" + suffix, "Sluice SQL", PROCEDURE, 0),
                        new Comparison("everyWayLanes2" + suffix, "Sluice 2 lanes", PROCEDURE, 0),
                        new Comparison("everyWayCode" + suffix, "Sluice code", PROCEDURE, 0)),
                List.of(),
                0.03);
    }

    private static String named(KeyKind key) {
        return key.name().charAt(0) + key.name().substring(1).toLowerCase(Locale.ROOT);
    }

    private static String named(Duration roundTrip) {
        return "Rtt"
                + new BigDecimal(roundTrip.toNanos())
                        .movePointLeft(6)
                        .stripTrailingZeros()
                        .toPlainString() + "ms";
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
