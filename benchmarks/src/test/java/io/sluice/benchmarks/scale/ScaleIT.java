package io.sluice.benchmarks.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.benchmarks.DatabaseUrl;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Both parts do all of their work and say so to people and to programs: a cost of work that is not done is worth nothing. */
class ScaleIT {

    /** What a command left with and printed. */
    private record Said(int code, String out, String errors) {

        JsonNode json() {
            List<String> lines = out.lines().toList();
            return JsonMapper.builder().build().readTree(lines.get(lines.size() - 1));
        }

        List<Double> each(String name) {
            List<Double> values = new ArrayList<>();
            json().get("results").forEach(it -> values.add(it.get(name).asDouble()));
            return values;
        }
    }

    private static Said scale(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter errors = new StringWriter();
        int code = new CommandLine(new Scale())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(errors))
                .execute(arguments);
        return new Said(code, out.toString(), errors.toString());
    }

    private static String url() {
        return "--url=" + TestDatabase.shared().maintenance().url();
    }

    private static long left() {
        return TestDatabase.shared()
                .maintenance()
                .queryLong("select count(*) from pg_database where datname like 'sluice!_scale!_%' escape '!'");
    }

    @Test
    void everySizeIsDoneAndTold() {
        Said said = scale("rows", url(), "--rows=500,2050", "--sub-batch=100");

        assertThat(said.code).as("%s", said).isZero();
        assertThat(said.each("rows")).containsExactly(500.0, 2050.0);
        assertThat(said.each("subBatches")).containsExactly(5.0, 21.0);
        assertThat(said.each("wrongRows")).containsExactly(0.0, 0.0);
        assertThat(said.each("microsPerRow")).allMatch(it -> it > 0);
        assertThat(said.each("cpuMicrosPerSubBatch")).allMatch(it -> it > 0);
        assertThat(said.each("heapMiB")).allMatch(it -> it > 1);
        assertThat(said.each("ledgerMiB")).allMatch(it -> it > 0.05 && it < 5);
        assertThat(said.json().get("change").asString()).isEqualTo("UPDATE");
        assertThat(said.out).contains("µs/row").contains("2,050");
        assertThat(left()).as("databases that were not dropped").isZero();
    }

    @Test
    void aPassSeesEveryRowAndChangesNone() {
        Said said = scale("rows", url(), "--rows=250", "--sub-batch=100", "--change=PASS");

        assertThat(said.code).as("%s", said).isZero();
        assertThat(said.each("subBatches")).containsExactly(3.0);
        assertThat(said.each("wrongRows")).containsExactly(0.0);
        assertThat(said.json().get("change").asString()).isEqualTo("PASS");
    }

    @Test
    void rowsThatAreWrongAreFound() {
        try (Database database = TestDatabase.createDatabase()) {
            Target target = new Target(DatabaseUrl.parse(database.url()));
            target.execute("create table items as select generate_series(1::bigint, 10) as id, 1 as n");

            assertThat(target.number(Change.UPDATE.wrongRows(10))).isZero();
            assertThat(target.number(Change.PASS.wrongRows(10))).isEqualTo(10);

            target.execute("update items set n = 2 where id = 3", "delete from items where id = 4");
            assertThat(target.number(Change.UPDATE.wrongRows(10))).isEqualTo(2);
        }
    }

    @Test
    void everyShardIsDoneAndTold() {
        Said said = scale("shards", url(), "--shards=1,3", "--rows=50", "--connections=2", "--turn=10000");

        assertThat(said.code).as("%s", said).isZero();
        assertThat(said.each("shards")).containsExactly(1.0, 3.0);
        assertThat(said.each("wrongRows")).containsExactly(0.0, 0.0);
        assertThat(said.each("notSucceeded")).containsExactly(0.0, 0.0);
        // sampled: one shard may be done between two looks
        assertThat(said.each("connections")).anyMatch(it -> it >= 1);
        assertThat(said.each("threads")).allMatch(it -> it > 1);
        assertThat(said.each("turnsPerShard")).allMatch(it -> it >= 1);
        assertThat(said.each("fairness")).allMatch(it -> it > 0 && it <= 1);
        assertThat(said.each("rowsPerSecond")).allMatch(it -> it > 0);
        assertThat(left()).as("databases that were not dropped").isZero();
    }

    @Test
    void moreShardsThanDatabasesHaveSchemasOfTheirOwn() {
        ManyShards many = new ManyShards(List.of(), 103, 1);

        assertThat(many.step()).isEqualTo(50);
        assertThat(many.schemas(2)).containsExactly(0, 1, 2);
        assertThat(many.schemas(3)).containsExactly(0, 1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rows   | --rows=1000,abc       | --rows must be 1..1000000000, was 'abc'",
                "rows   | --rows=               | --rows must be 1..1000000000, was ''",
                "rows   | --sub-batch=100001    | --sub-batch must be 1..100000, was '100001'",
                "rows   | --change=update       | --change must be UPDATE or PASS, was 'update'",
                "rows   | --url=r2dbc:h2:mem:a  | --url must be r2dbc:postgresql://",
                "shards | --shards=10,0         | --shards must be 1..10000, was '0'",
                "shards | --rows=-1             | --rows must be 1..1000000, was '-1'",
                "shards | --connections=201     | --connections must be 1..200, was '201'",
                "shards | --turn=99             | --turn must be 100..86400000, was '99'",
                "shards | --pace=1.5            | --pace must be 0..60000, was '1.5'",
                "shards | --url=postgres://u:secret@h/d | --url must be r2dbc:postgresql://user:password@host:port/database, was 'postgres://…@h/d'"
            })
    void whatCannotBeTakenIsRefused(String part, String option, String message) {
        Said said = scale(part, option);

        assertThat(said.code).isEqualTo(2);
        assertThat(said.errors).contains(message).doesNotContain("secret");
        assertThat(said.out).isEmpty();
    }
}
