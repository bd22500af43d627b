package io.sluice.webflux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.r2dbc.spi.ConnectionFactory;
import io.sluice.Enqueue;
import io.sluice.EnqueueSchema;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.event.ErrorHandler;
import io.sluice.lock.LockRetrier;
import io.sluice.run.RunId;
import io.sluice.schema.SchemaMigration;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import reactor.core.publisher.Mono;

/** What an application gives as beans and properties is what its runs are worked on with. */
class BeansAreUsedIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = TestDatabase.createDatabase();
    private final Set<String> asked = ConcurrentHashMap.newKeySet();

    private ReactiveWebApplicationContextRunner application() {
        database.execute(
                "create table if not exists items (id bigint primary key, n int)",
                "insert into items (id) select generate_series(14, 18) on conflict do nothing");
        return new ReactiveWebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(MetricsAutoConfiguration.class, SluiceAutoConfiguration.class))
                .withBean(ConnectionFactory.class, database::connectionFactory)
                .withBean(
                        DataMigration.class,
                        () -> DataMigration.of(
                                        "fill",
                                        Work.sql(
                                                Source.table("items"),
                                                "update items set n = 10 / (id - 13) where {batch}"))
                                .with(it -> it.withBatchAttempts(1)));
    }

    private ErrorHandler told(String name) {
        return (error, run) -> Mono.fromRunnable(() -> asked.add(name));
    }

    private ObservationRegistry observations() {
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(new ObservationHandler<>() {
            @Override
            public void onStop(Observation.Context context) {
                asked.add("observation " + context.getName());
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
        return registry;
    }

    @Test
    void eachOfThemIsAskedWhileRunsAreWorkedOn() {
        LockRetrier locks = LockRetrier.exponential();
        application()
                .withPropertyValues("sluice.worker.enabled=false")
                .withBean(Throttle.class, () -> run -> {
                    asked.add("throttle");
                    return Mono.just(new Throttle.Permit());
                })
                .withBean("first", ErrorHandler.class, () -> told("first handler"))
                .withBean("second", ErrorHandler.class, () -> told("second handler"))
                .withBean(LockRetrier.class, () -> (number, command) -> {
                    asked.add("retrier");
                    return locks.attempt(number, command);
                })
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .withBean(ObservationRegistry.class, this::observations)
                .run(context -> {
                    Sluice sluice = context.getBean(Sluice.class);
                    database.execute("insert into items values (13)"); // divides by zero
                    sluice.enqueue(Enqueue.of("fill")).blockLast(SOON);
                    sluice.schema()
                            .enqueue(EnqueueSchema.of(
                                    SchemaMigration.addIndex("items", "n").name("items_n")))
                            .blockLast(SOON);
                    sluice.runOnce().blockLast(SOON);

                    assertThat(asked)
                            .containsExactlyInAnyOrder(
                                    "throttle",
                                    "first handler",
                                    "second handler",
                                    "retrier",
                                    "observation sluice.work");
                    assertThat(context.getBean(MeterRegistry.class).getMeters()).isNotEmpty();
                });
    }

    @ParameterizedTest
    @CsvSource({"dev, , true", "test, , true", "prod, , false", "dev, false, false"})
    void ordersRunInTheCallerInDevelopmentAndTestsUnlessItIsSaidOtherwise(
            String profile, String inline, boolean expected) {
        application()
                .withPropertyValues("sluice.worker.enabled=false", "spring.profiles.active=" + profile)
                .withPropertyValues(inline == null ? "sluice.enabled=true" : "sluice.inline=" + inline)
                .run(context -> {
                    context.getBean(Sluice.class).enqueue(Enqueue.of("fill")).blockLast(SOON);

                    assertThat(database.queryLong("select count(*) from items where n is not null") > 0)
                            .isEqualTo(expected);
                });
    }

    /** The one without would have all the time that the other takes to start. */
    @Test
    void anInstanceWithoutWorkersLeavesTheWorkToOthers() {
        application()
                .withPropertyValues(
                        "sluice.instance=watches", "sluice.worker.enabled=false", "sluice.worker.idle-poll=10ms")
                .run(context -> {
                    RunId run = context.getBean(Sluice.class)
                            .enqueue(Enqueue.of("fill"))
                            .blockLast(SOON)
                            .run()
                            .id();
                    application()
                            .withPropertyValues("sluice.instance=works", "sluice.worker.idle-poll=10ms")
                            .run(other -> await().atMost(SOON)
                                    .until(() -> context.getBean(Sluice.class)
                                            .run(run)
                                            .block(SOON)
                                            .status()
                                            .isTerminal()));
                });

        assertThat(database.queryString(
                        "select string_agg(distinct detail ->> 'owner', ',') from sluice.event where detail ? 'owner'"))
                .isEqualTo("works");
    }

    @Test
    void theLedgerIsLeftAloneWhereThatIsSaid() {
        application()
                .withPropertyValues("sluice.install-on-start=false", "sluice.worker.enabled=false")
                .run(context -> assertThat(ledgers()).isZero());
    }

    private long ledgers() {
        return database.queryLong("select count(*) from pg_namespace where nspname = 'sluice'");
    }
}
