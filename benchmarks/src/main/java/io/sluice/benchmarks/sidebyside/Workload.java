package io.sluice.benchmarks.sidebyside;

import java.util.ArrayList;
import java.util.List;

/**
 * A table and what is to be done to it.
 *
 * @param rows of the table, about 120 bytes each
 * @param batch rows of one transaction
 * @param indexes secondary ones, 0 to 2
 */
record Workload(KeyKind key, Change change, int rows, int batch, int indexes) {

    static Workload updates(int rows, int batch) {
        return new Workload(KeyKind.BIGINT, Change.UPDATE, rows, batch, 0);
    }

    /** The same, in so many batches of at least ten rows. */
    Workload inBatches(int batches) {
        return new Workload(key, change, rows, Math.min(batch, Math.max(10, rows / batches)), indexes);
    }

    String statement(String range) {
        return change.statement(range);
    }

    /** The same rows on the same pages before every run, vacuumed, and a checkpoint so that each pays for the same page images. */
    void reset(Server server) {
        String template = "template_" + key.name().toLowerCase(java.util.Locale.ROOT) + "_" + rows;
        List<String> statements = new ArrayList<>();
        statements.add("drop table if exists items");
        statements.add(("create table if not exists %s as select %s, md5(g::text) || md5((g + 1)::text) as name,"
                        + " (g::bigint * 7919 %% 1000)::integer as amount, null::text as status from generate_series(1, %d) g")
                .formatted(template, keyColumns(), rows));
        statements.add("create table items as table " + template);
        statements.add("alter table items add primary key (" + key.list() + "), set (autovacuum_enabled = false)");
        if (indexes > 0) {
            statements.add("create index on items (name)");
        }
        if (indexes > 1) {
            statements.add("create index on items (amount)");
        }
        statements.add("vacuum analyze items");
        statements.add("checkpoint");
        server.execute(statements);
    }

    /** Nothing that is fast and wrong is a result. */
    void verify(Server server, String who) {
        long left = server.number("select count(*) from items where " + change.remaining);
        if (left > 0) {
            throw new IllegalStateException(who + " left " + left + " rows of " + this + ", first "
                    + server.text("select min(items::text) from items where " + change.remaining));
        }
    }

    private String keyColumns() {
        List<String> columns = new ArrayList<>();
        for (int i = 0; i < key.columns.size(); i++) {
            columns.add("(%s)::%s as %s".formatted(key.values.get(i), key.types.get(i), key.columns.get(i)));
        }
        return String.join(", ", columns);
    }
}
