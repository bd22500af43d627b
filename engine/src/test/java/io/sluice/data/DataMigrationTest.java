package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.sluice.data.Work.SqlWork;
import io.sluice.run.Arguments;
import io.sluice.run.BatchSettings;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataMigrationTest {

    private static final SqlWork WORK = Work.sql(Source.table("users"), "update users set a = {a} where {batch}");

    @Test
    void isDeclaredForAllShardsWithTheDefaults() {
        DataMigration migration = DataMigration.of("fill", WORK);

        assertThat(migration.name()).isEqualTo("fill");
        assertThat(migration.shards()).isEmpty();
        assertThat(migration.settings()).isEqualTo(BatchSettings.DEFAULTS);
        assertThat(migration.work(Arguments.none())).isSameAs(WORK);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\n"})
    void needsAName(String name) {
        assertThatExceptionOfType(DefinitionException.class)
                .isThrownBy(() -> DataMigration.of(name, WORK))
                .withMessage("name of a migration must be 1..200 characters, was '" + name + "'");
    }

    @Test
    void itsNameMayHaveTwoHundredCharacters() {
        assertThat(DataMigration.of("n".repeat(200), WORK).name()).hasSize(200);
        assertThatExceptionOfType(DefinitionException.class).isThrownBy(() -> DataMigration.of("n".repeat(201), WORK));
    }

    @Test
    void changesMakeACopy() {
        DataMigration plain = DataMigration.of("fill", WORK);
        DataMigration changed =
                plain.on("eu", "us").with(it -> it.withBatchSize(500)).with(it -> it.withBatchAttempts(2));

        assertThat(changed.name()).isEqualTo("fill");
        assertThat(changed.shards()).containsExactlyInAnyOrder("eu", "us");
        assertThat(changed.settings().batchSize()).isEqualTo(500);
        assertThat(changed.settings().batchAttempts()).isEqualTo(2);
        assertThat(plain.shards()).isEmpty();
        assertThat(plain.settings()).isEqualTo(BatchSettings.DEFAULTS);
    }

    @Test
    void withoutAFactoryItTakesNoArguments() {
        assertThatExceptionOfType(DefinitionException.class)
                .isThrownBy(() -> DataMigration.of("fill", WORK).work(Arguments.of(1, 2)))
                .withMessage(
                        "migration 'fill' cannot be made from the arguments [1,2]: it takes no arguments, 2 given");
    }

    @Test
    void aFactoryIsAskedEachTime() {
        AtomicInteger asked = new AtomicInteger();
        DataMigration migration = DataMigration.of("fill", arguments -> {
            asked.incrementAndGet();
            return WORK.bind("a", arguments.text(0));
        });

        SqlWork made = (SqlWork) migration.work(Arguments.of("x"));
        migration.work(Arguments.of("y"));

        assertThat(made.bindings()).containsEntry("a", "x");
        assertThat(asked).hasValue(2);
    }

    @Test
    void argumentsOfTheWrongShapeAreNamed() {
        DataMigration migration = DataMigration.of("fill", arguments -> WORK.bind("a", arguments.number(0)));

        assertThatExceptionOfType(DefinitionException.class)
                .isThrownBy(() -> migration.work(Arguments.of("x")))
                .withMessage("migration 'fill' cannot be made from the arguments [\"x\"]: "
                        + "argument 0 must be a whole number, was STRING")
                .withCauseInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFactoryThatGivesNothingIsNamed() {
        assertThatExceptionOfType(DefinitionException.class)
                .isThrownBy(() -> DataMigration.of("fill", arguments -> null).work(Arguments.none()))
                .withMessage("migration 'fill' cannot be made from the arguments []: the factory gave no work");
    }

    @Test
    void itsOwnErrorIsNotWrapped() {
        DefinitionException own = new DefinitionException("what I mean");

        assertThatExceptionOfType(DefinitionException.class)
                .isThrownBy(() -> DataMigration.of("fill", arguments -> {
                            throw own;
                        })
                        .work(Arguments.none()))
                .isSameAs(own);
    }

    @Test
    void needsWork() {
        assertThatNullPointerException()
                .isThrownBy(() -> DataMigration.of("fill", (Work) null))
                .withMessage("work");
    }

    @Test
    void settingsOutOfRangeAreRefusedWhereTheyAreDeclared() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DataMigration.of("fill", WORK).with(it -> it.withBatchSize(0)))
                .withMessageContaining("batch size must be");
    }

    @Test
    void boundValuesAreTextsAndMakeACopy() {
        SqlWork bound = WORK.bind("a", 5).bind("b", null).bind("a", 6);

        assertThat(bound.bindings())
                .containsEntry("a", "6")
                .containsEntry("b", null)
                .hasSize(2);
        assertThat(WORK.bindings()).isEmpty();
        assertThat(bound.remaining("x is null"))
                .matches(it ->
                        "x is null".equals(it.remaining()) && it.bindings().size() == 2);
    }

    @Test
    void aSourceIsATableByItsKeyUnlessSaidOtherwise() {
        Source source = Source.table("App.Users");

        assertThat(source.table()).hasToString("app.users");
        assertThat(source.index()).isNull();
        assertThat(source.filter()).isNull();
        assertThat(source.by("Users_email").where("a > 0"))
                .isEqualTo(new Source(source.table(), "Users_email", "a > 0"));
    }
}
