package io.sluice.scenario;

import static io.sluice.scenario.Story.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Sluice;
import io.sluice.run.RunStatus;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** At half the load a run rests as long as it works, whatever the machine is busy with: work and rest are of the same run. */
class HalfTheLoadIT {

    private static final int ROWS = 400;

    @RegisterExtension
    final Story story = new Story(TestDatabase.createDatabase());

    private final Database database = story.database();

    @ParameterizedTest
    @EnumSource
    void itRestsAsLongAsItWorks(PlusOne form) {
        form.create(database, ROWS);
        Sluice sluice = story.kept(Sluice.builder()
                .shard("primary", database.connectionFactory())
                .migrations(form.migration())
                .throttle(Throttle.load(0.5))
                .build());
        sluice.install().block(SOON);
        PlusOne.pace(database, Duration.ofMillis(25));
        sluice.enqueue(form.enqueue(10)).blockLast(SOON);

        assertThat(sluice.runOnce().blockLast(SOON).status()).isEqualTo(RunStatus.SUCCEEDED);

        List<Object> took = database.query("""
                        select (select sum(working_ms) from sluice.lane)::bigint,
                               (1000 * extract(epoch from max(at) - min(at)))::bigint
                          from sluice.event where detail ->> 'to' in ('RUNNING', 'SUCCEEDED')
                        """).get(0);
        long worked = (Long) took.get(0);
        long all = (Long) took.get(1);
        assertThat(worked).as("ms of 40 sub-batches of 25 ms at least").isGreaterThanOrEqualTo(900);
        assertThat(all).as("ms in all, of which it worked %d", worked).isGreaterThanOrEqualTo(worked * 18 / 10);
        form.assertEveryRowOnce(database);
    }
}
