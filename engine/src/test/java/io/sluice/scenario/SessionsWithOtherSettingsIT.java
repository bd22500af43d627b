package io.sluice.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.postgresql.PostgresqlConnectionFactoryProvider;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Work;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

/** Two instances whose sessions write times, intervals and bytes in different ways take turns on one key. */
class SessionsWithOtherSettingsIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Set<String> DEPENDENT = Set.of("timestamptz", "date", "interval", "bytea", "float8");

    private static final Map<String, String> HERE =
            Map.of("TimeZone", "Asia/Kathmandu", "IntervalStyle", "sql_standard", "bytea_output", "escape");
    private static final Map<String, String> THERE =
            Map.of("TimeZone", "America/St_Johns", "IntervalStyle", "iso_8601", "bytea_output", "hex");

    private final Database database = TestDatabase.createDatabase();

    @AfterEach
    void drop() {
        database.close();
    }

    static Stream<KeyCase> keys() {
        return KeyCase.all().filter(it -> DEPENDENT.contains(it.type()));
    }

    @ParameterizedTest
    @MethodSource("keys")
    void takeTurnsOnOneKey(KeyCase key) {
        database.execute(key.create("turns", 100).toArray(String[]::new));
        Sluice here = sluice(key, "German, DMY", HERE);
        Sluice there = sluice(key, "SQL, MDY", THERE);
        here.install().block(SOON);
        here.enqueue(Enqueue.of("count")).blockLast(SOON);

        int turns = 0;
        Run run;
        do {
            List<Run> left =
                    (turns % 2 == 0 ? here : there).runOnce().collectList().block(SOON);
            assertThat(left).hasSize(1);
            run = left.get(0);
            database.execute("update sluice.run set next_attempt_at = null");
            turns++;
        } while (run.status() == RunStatus.ENQUEUED && turns < 20);

        assertThat(run.status()).as("%s", run.failure()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(turns).isGreaterThan(4);
        assertThat(database.queryLong("select count(*) from turns where n = 1")).isEqualTo(100);
        here.close().block(SOON);
        there.close().block(SOON);
    }

    /**
     * An instance that is throttled after each third sub-batch for so long that it hands back. Its sessions begin with other
     * settings, and its work sets the DateStyle of the session in which it is done: at its start the driver asks for ISO.
     */
    private Sluice sluice(KeyCase key, String dateStyle, Map<String, String> settings) {
        AtomicInteger asked = new AtomicInteger();
        Work work = Work.sql(
                key.source("turns"),
                "update turns set n = n + 1 where {batch} and set_config('DateStyle', '" + dateStyle
                        + "', false) is not null");
        return Sluice.builder()
                .shard("primary", connections(settings))
                .migrations(DataMigration.of("count", work)
                        .with(it -> it.withBatchSize(30).withSubBatchSize(7)))
                .throttle(run -> Mono.fromSupplier(() -> asked.incrementAndGet() % 4 == 0
                        ? new Throttle.Wait("the other one's turn", Duration.ofMinutes(2))
                        : new Throttle.Permit()))
                .build();
    }

    private ConnectionFactory connections(Map<String, String> settings) {
        return ConnectionFactories.get(database.options()
                .mutate()
                .option(PostgresqlConnectionFactoryProvider.OPTIONS, settings)
                .build());
    }
}
