package io.sluice.webflux;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.data.CommitMode;
import io.sluice.data.DataSettings;
import io.sluice.data.QuarantineBudget;
import io.sluice.data.TransactionLimits;
import io.sluice.run.BatchSettings;
import io.sluice.run.RetryPolicy;
import io.sluice.run.Sizing;
import io.sluice.schema.BlockerPolicy;
import io.sluice.schema.SchemaSettings;
import io.sluice.shard.Budget;
import io.sluice.worker.Retention;
import io.sluice.worker.WorkerSettings;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** Properties and the settings records of the engine: one to one, with the same defaults. */
class SettingsOfPropertiesTest {

    private static SluiceProperties bound(Map<String, String> values) {
        return new Binder(new MapConfigurationPropertySource(values)).bindOrCreate("sluice", SluiceProperties.class);
    }

    static Stream<Arguments> pairs() {
        return Stream.of(
                Arguments.of(WorkerSettings.class, WorkerProperties.class, Set.of("enabled")),
                Arguments.of(Budget.class, BudgetProperties.class, Set.of()),
                Arguments.of(BlockerPolicy.class, SchemaProperties.Blockers.class, Set.of()),
                Arguments.of(DataSettings.class, DataProperties.class, Set.of()),
                Arguments.of(TransactionLimits.class, DataProperties.Limits.class, Set.of()),
                Arguments.of(QuarantineBudget.class, DataProperties.Quarantine.class, Set.of()),
                Arguments.of(RetryPolicy.class, RetryProperties.class, Set.of()),
                Arguments.of(Retention.class, RetentionProperties.class, Set.of()),
                Arguments.of(BatchSettings.class, BatchProperties.class, Set.of()),
                Arguments.of(Sizing.class, BatchProperties.SizingProperties.class, Set.of()));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void everySettingHasItsProperty(Class<?> settings, Class<?> properties, Set<String> more) {
        Set<String> expected = names(settings);
        expected.addAll(more);

        assertThat(names(properties)).isEqualTo(expected);
    }

    private static Set<String> names(Class<?> record) {
        return Arrays.stream(record.getRecordComponents())
                .map(RecordComponent::getName)
                .collect(Collectors.toSet());
    }

    @Test
    void withoutPropertiesTheDefaultsAreThoseOfTheEngine() {
        SluiceProperties none = bound(Map.of());

        assertThat(none.worker().settings()).isEqualTo(WorkerSettings.DEFAULTS);
        assertThat(none.budget().budget()).isEqualTo(Budget.DEFAULTS);
        assertThat(none.data().settings()).isEqualTo(DataSettings.DEFAULTS);
        assertThat(none.schema().settings(null)).isEqualTo(SchemaSettings.DEFAULTS);
        assertThat(none.retention().settings()).isEqualTo(Retention.DEFAULTS);
        assertThat(none.attempts().policy())
                .isEqualTo(new RetryPolicy(5, Duration.ofSeconds(5), Duration.ofMinutes(10)));
        assertThat(new BatchProperties(
                                null,
                                null,
                                new BatchProperties.SizingProperties(null, null, null),
                                null,
                                null,
                                null,
                                null)
                        .over(BatchSettings.DEFAULTS, "any"))
                .isEqualTo(BatchSettings.DEFAULTS);
    }

    /** What the schema settings have besides: a bean. */
    @Test
    void everySettingOfSchemaRunsHasItsPropertyButTheLocks() {
        Set<String> expected = names(SchemaSettings.class);
        expected.remove("locks");

        assertThat(names(SchemaProperties.class)).isEqualTo(expected);
    }

    @Test
    void whatIsGivenArrives() {
        SluiceProperties given = bound(Map.ofEntries(
                Map.entry("sluice.worker.lease", "20s"),
                Map.entry("sluice.worker.data-runs", "3"),
                Map.entry("sluice.worker.schema-runs", "2"),
                Map.entry("sluice.budget.connections", "5"),
                Map.entry("sluice.budget.sub-batches-per-second", "100"),
                Map.entry("sluice.schema.blockers.action", "cancel"),
                Map.entry("sluice.schema.blockers.older-than", "10m"),
                Map.entry("sluice.data.limits.lock", "500ms"),
                Map.entry("sluice.data.transient-retries.max-attempts", "7"),
                Map.entry("sluice.data.quarantine.rows", "5"),
                Map.entry("sluice.data.commit", "asynchronous"),
                Map.entry("sluice.retention.events", "14d"),
                Map.entry("sluice.attempts.base", "1s"),
                Map.entry("sluice.migrations.fill.batch-size", "500"),
                Map.entry("sluice.migrations.fill.sub-batch-size", "50"),
                Map.entry("sluice.migrations.fill.sizing.target", "0"),
                Map.entry("sluice.migrations.fill.sub-batch-pause", "10ms")));

        assertThat(given.worker().settings().lease()).isEqualTo(Duration.ofSeconds(20));
        assertThat(given.worker().settings().dataRuns()).isEqualTo(3);
        assertThat(given.worker().settings().schemaRuns()).isEqualTo(2);
        assertThat(given.budget().budget())
                .isEqualTo(Budget.DEFAULTS.withConnections(5).withSubBatchesPerSecond(100));
        assertThat(given.schema().settings(null).blockers())
                .isEqualTo(BlockerPolicy.cancel(Duration.ofMinutes(10), Duration.ZERO));
        assertThat(given.data().settings().limits().lock()).isEqualTo(Duration.ofMillis(500));
        assertThat(given.data().settings().transientRetries())
                .isEqualTo(DataSettings.DEFAULTS.transientRetries().withMaxAttempts(7));
        assertThat(given.data().settings().quarantine().rows()).isEqualTo(5);
        assertThat(given.data().settings().commit()).isEqualTo(CommitMode.ASYNCHRONOUS);
        assertThat(given.retention().settings().events()).isEqualTo(Duration.ofDays(14));
        assertThat(given.attempts().policy().base()).isEqualTo(Duration.ofSeconds(1));
        BatchSettings fill = given.migrations().get("fill").over(BatchSettings.DEFAULTS, "fill");
        assertThat(fill.batchSize()).isEqualTo(500);
        assertThat(fill.subBatchSize()).isEqualTo(50);
        assertThat(fill.sizing().isFixed()).isTrue();
        assertThat(fill.subBatchPause()).isEqualTo(Duration.ofMillis(10));
    }
}
