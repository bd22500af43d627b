package io.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.event.SluiceMetrics;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The page about metrics lists what a run registers, all of it and nothing else; and the numbers are those of the run. */
class MetricsPageIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String PAGE = "docs/reference/metrics.md";

    private final Database database = TestDatabase.createDatabase();
    private final MeterRegistry meters = new SimpleMeterRegistry();
    private final ObservationRegistry observations = ObservationRegistry.create();
    private final List<Observation.Context> observed = new CopyOnWriteArrayList<>();

    @Test
    void everyMeterIsListedAndEveryListedOneAppears() {
        Run run = aRunThatFailsOnce();

        assertThat(run.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(meters.getMeters().stream().map(MetricsPageIT::row).collect(Collectors.toSet()))
                .isEqualTo(listed("Meters", 4));
        assertThat(observed.stream().map(MetricsPageIT::row).collect(Collectors.toSet()))
                .isEqualTo(listed("Observations", 3));

        assertThat(count("seen.rows")).isEqualTo(100);
        assertThat(count("changed.rows")).isEqualTo(100);
        assertThat(count("claims")).isEqualTo(1);
        assertThat(count("failed.batches")).isEqualTo(1);
        assertThat(count("retried.batches")).isEqualTo(1);
        assertThat(meters.get("sluice.sub.batch").timer().count()).isEqualTo(10);
        assertThat(meters.get("sluice.sub.batch").timer().totalTime(TimeUnit.MILLISECONDS))
                .isPositive();
        assertThat(observed.stream().filter(it -> it.getError() != null)).hasSize(1);
        assertThat(meters.get("sluice.runs").tag("status", "ENQUEUED").gauge().value())
                .isEqualTo(1);
    }

    /** The first attempt of the first batch fails: the sequence is not reset by its rollback. */
    private Run aRunThatFailsOnce() {
        observations.observationConfig().observationHandler(new ObservationHandler<Observation.Context>() {
            @Override
            public void onStop(Observation.Context context) {
                observed.add(context);
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
        database.execute(
                "create table items (id bigint primary key, n int not null default 0)",
                "insert into items (id) select generate_series(1, 100)",
                "create sequence calls");
        DataMigration migration = DataMigration.of(
                "fill",
                Work.sql(
                        Source.table("items"),
                        "update items set n = 1 / least(1, (select nextval('calls') - 1))::int where {batch}"));
        // tag::metrics[]
        Sluice sluice = Sluice.builder()
                .shard("main", database.connectionFactory())
                .migrations(migration)
                .metrics(SluiceMetrics.of(meters).observing(observations))
                .build();
        // end::metrics[]
        sluice.install().block(SOON);
        sluice.enqueue(Enqueue.of("fill").settings(it -> it.withBatchSize(50).withSubBatchSize(10)))
                .blockLast(SOON);
        sluice.enqueue(Enqueue.of("fill")).blockLast(SOON);
        Run run = sluice.runOnce().blockLast(SOON);
        sluice.close().block(SOON);
        return run;
    }

    private double count(String name) {
        return meters.get("sluice." + name)
                .tags("shard", "main", "migration", "fill")
                .counter()
                .count();
    }

    private static List<String> row(Meter meter) {
        Meter.Id id = meter.getId();
        return List.of(
                id.getName(),
                id.getType().name().toLowerCase(Locale.ROOT),
                Optional.ofNullable(id.getBaseUnit()).orElse("none"),
                id.getTags().stream().map(Tag::getKey).sorted().collect(Collectors.joining(" ")));
    }

    private static List<String> row(Observation.Context context) {
        return List.of(
                context.getName(),
                context.getLowCardinalityKeyValues().stream()
                        .map(it -> it.getKey())
                        .sorted()
                        .collect(Collectors.joining(" ")),
                context.getHighCardinalityKeyValues().stream()
                        .map(it -> it.getKey())
                        .sorted()
                        .collect(Collectors.joining(" ")));
    }

    /** The first cells of the table in a section, lists in them in alphabetical order. */
    private static Set<List<String>> listed(String section, int cells) {
        return Arrays.stream(Pages.text(PAGE).split("\\n(?=## )"))
                .filter(it -> it.startsWith("## " + section))
                .flatMap(String::lines)
                .filter(line -> line.startsWith("| `"))
                .map(line -> Arrays.stream(line.split("\\|", -1))
                        .skip(1)
                        .limit(cells)
                        .map(cell -> Arrays.stream(cell.replace("`", "").strip().split(",\\s*"))
                                .sorted()
                                .collect(Collectors.joining(" ")))
                        .toList())
                .collect(Collectors.toSet());
    }
}
