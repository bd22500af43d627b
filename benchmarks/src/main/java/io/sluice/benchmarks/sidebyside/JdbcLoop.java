package io.sluice.benchmarks.sidebyside;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A loop in the application: bound by OFFSET, statement by range, job row, commit. Four round trips per batch. */
record JdbcLoop(Server server) implements Subject {

    @Override
    public String name() {
        return "JDBC loop";
    }

    @Override
    public void prepare(Workload workload) {
        server.execute(List.of(
                "create table if not exists jdbc_job (id integer primary key, cursor text, seen bigint, changed bigint,"
                        + " updated_at timestamptz) with (fillfactor = 30)",
                "insert into jdbc_job values (1, null, 0, 0, now()) on conflict do nothing"));
    }

    @Override
    public void run(Workload workload) throws SQLException {
        KeyKind key = workload.key();
        String columns = "(" + key.list() + ")";
        String bind = key.types.stream().map(it -> "?::" + it).collect(Collectors.joining(", ", "(", ")"));
        String bound = "select "
                + key.columns.stream().map(it -> it + "::text as text_of_" + it).collect(Collectors.joining(", "))
                + " from items where " + columns + " > " + bind + " order by " + key.list();
        try (Connection connection = server.connect();
                PreparedStatement next = connection.prepareStatement(bound + " offset ? limit 1");
                PreparedStatement last = connection.prepareStatement(
                        bound.replace(" order by " + key.list(), " order by " + descending(key)) + " limit 1");
                PreparedStatement work = connection.prepareStatement(
                        workload.statement(columns + " > " + bind + " and " + columns + " <= " + bind));
                PreparedStatement job = connection.prepareStatement("update jdbc_job set cursor = ?, seen = seen + ?,"
                        + " changed = changed + ?, updated_at = clock_timestamp() where id = 1")) {
            connection.createStatement().executeUpdate("update jdbc_job set cursor = null, seen = 0, changed = 0");
            connection.setAutoCommit(false);
            List<String> cursor =
                    key.belowAll.stream().map(it -> it.replace("'", "")).toList();
            List<String> upper = key(next, cursor, workload.batch() - 1);
            while (!upper.isEmpty()) {
                batch(work, job, cursor, upper, workload.batch());
                connection.commit();
                cursor = upper;
                upper = key(next, cursor, workload.batch() - 1);
            }
            upper = key(last, cursor, -1);
            if (!upper.isEmpty()) {
                batch(work, job, cursor, upper, workload.rows() % workload.batch());
            }
            connection.commit();
        }
    }

    private static void batch(
            PreparedStatement work, PreparedStatement job, List<String> cursor, List<String> upper, int seen)
            throws SQLException {
        int place = set(work, 1, cursor);
        set(work, place, upper);
        int changed = work.executeUpdate();
        job.setString(1, String.join(",", upper));
        job.setLong(2, seen);
        job.setLong(3, changed);
        job.executeUpdate();
    }

    private static List<String> key(PreparedStatement statement, List<String> cursor, int offset) throws SQLException {
        int place = set(statement, 1, cursor);
        if (offset >= 0) {
            statement.setInt(place, offset);
        }
        try (ResultSet row = statement.executeQuery()) {
            List<String> key = new ArrayList<>();
            if (row.next()) {
                for (int i = 1; i <= cursor.size(); i++) {
                    key.add(row.getString(i));
                }
            }
            return key;
        }
    }

    private static int set(PreparedStatement statement, int from, List<String> key) throws SQLException {
        int place = from;
        for (String value : key) {
            statement.setString(place++, value);
        }
        return place;
    }

    private static String descending(KeyKind key) {
        return key.columns.stream().map(it -> it + " desc").collect(Collectors.joining(", "));
    }
}
