package io.sluice.benchmarks.sidebyside;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** One statement over the whole table: the least work, and an outage for whoever else wants its rows. */
record OneUpdate(Server server) implements Subject {

    @Override
    public String name() {
        return "one statement";
    }

    @Override
    public void run(Workload workload) throws SQLException {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate(workload.statement("true"));
        }
    }
}
