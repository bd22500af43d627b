package io.sluice.benchmarks.sidebyside;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The reference: a procedure on the server, which walks the key, keeps cursor and counters in a row, and commits per batch. */
record ServerProcedure(Server server, ToIntFunction<Workload> batch) implements Subject {

    ServerProcedure(Server server) {
        this(server, Workload::batch);
    }

    /** In batches of the size that those of the engine had in its last run. */
    static ServerProcedure asLargeAsThoseOfSluice(Server server) {
        return new ServerProcedure(
                server,
                workload -> (int) server.number("select sum(rows_seen) / greatest(sum(sub_batches), 1) from sluice.lane"
                        + " where run_id = (select max(id) from sluice.run)"));
    }

    @Override
    public String name() {
        return "procedure";
    }

    @Override
    public void prepare(Workload workload) {
        server.execute(List.of(
                "create table if not exists procedure_job (id integer primary key, cursor text, seen bigint, changed bigint,"
                        + " updated_at timestamptz) with (fillfactor = 30)",
                "insert into procedure_job values (1, null, 0, 0, now()) on conflict do nothing",
                procedure(workload)));
    }

    @Override
    public void run(Workload workload) throws SQLException {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("call backfill(" + batch.applyAsInt(workload) + ")");
        }
    }

    private static String procedure(Workload workload) {
        KeyKind key = workload.key();
        String last = row(key, i -> "v_last_" + i);
        String next = row(key, i -> "v_next_" + i);
        String columns = row(key, key.columns::get);
        String range = columns + " > " + last + " and " + columns + " <= " + next;
        return """
                create or replace procedure backfill(p_batch integer) language plpgsql as $$
                declare
                %s
                    v_seen bigint;
                    v_changed bigint;
                    v_more boolean := true;
                begin
                    update procedure_job set cursor = null, seen = 0, changed = 0 where id = 1;
                    while v_more loop
                        select %s into %s from items where %s > %s order by %s offset p_batch - 1 limit 1;
                        v_more := found;
                        v_seen := p_batch;
                        if not found then
                            select %s into %s from items where %s > %s order by %s limit 1;
                            exit when not found;
                            select count(*) into v_seen from items where %s > %s;
                        end if;
                        %s;
                        get diagnostics v_changed = row_count;
                        update procedure_job
                           set cursor = %s, seen = seen + v_seen, changed = changed + v_changed, updated_at = clock_timestamp()
                         where id = 1;
                        commit;
                        %s
                    end loop;
                end
                $$
                """.formatted(
                        variables(key),
                        key.list(),
                        names(key, i -> "v_next_" + i),
                        columns,
                        last,
                        key.list(),
                        key.list(),
                        names(key, i -> "v_next_" + i),
                        columns,
                        last,
                        key.columns.stream().map(it -> it + " desc").collect(Collectors.joining(", ")),
                        columns,
                        last,
                        workload.statement(range),
                        names(key, i -> "v_next_" + i + "::text").replace(", ", " || ',' || "),
                        IntStream.range(0, key.columns.size())
                                .mapToObj(i -> "v_last_" + i + " := v_next_" + i + ";")
                                .collect(Collectors.joining(" ")));
    }

    private static String variables(KeyKind key) {
        return IntStream.range(0, key.columns.size())
                .mapToObj(i -> "    v_last_%d %s := %s; v_next_%d %s;"
                        .formatted(i, key.types.get(i), key.belowAll.get(i), i, key.types.get(i)))
                .collect(Collectors.joining("\n"));
    }

    private static String row(KeyKind key, Function<Integer, String> item) {
        return "(" + names(key, item) + ")";
    }

    private static String names(KeyKind key, Function<Integer, String> item) {
        return IntStream.range(0, key.columns.size()).boxed().map(item).collect(Collectors.joining(", "));
    }
}
