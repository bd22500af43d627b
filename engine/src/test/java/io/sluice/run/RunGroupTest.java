package io.sluice.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.sluice.run.RunGroup.Member;
import io.sluice.run.RunGroup.Status;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunGroupTest {

    private static Run run(String shard, RunStatus status) {
        return new Run(
                new RunId(shard, 1),
                RunKind.DATA,
                "fill",
                Arguments.none(),
                1,
                status,
                new Run.Attempts(0, 5, null),
                null,
                null,
                null,
                new Run.Times(Instant.EPOCH, null, null));
    }

    private static RunGroup group(String... statuses) {
        List<Member> members = new ArrayList<>();
        for (String status : statuses) {
            String shard = "s" + members.size();
            members.add(
                    switch (status) {
                        case "MISSING" -> Member.missing(shard);
                        case "UNREACHABLE" -> Member.unreachable(shard);
                        default -> Member.of(run(shard, RunStatus.valueOf(status)));
                    });
        }
        return new RunGroup("fill", Arguments.none(), members);
    }

    @ParameterizedTest
    @EnumSource
    void aGroupOfOneStandsWhereItsMemberStands(RunStatus status) {
        assertThat(group(status.name()).status().name()).isEqualTo(status.name());
    }

    @Test
    void aGroupSucceededWhenEveryMemberDid() {
        assertThat(group("SUCCEEDED", "SUCCEEDED", "SUCCEEDED").status()).isEqualTo(Status.SUCCEEDED);
    }

    /** The order of the design, written out: each one wins over all that follow it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CANCELLING PAUSING FINISHING RUNNING ERRORED ENQUEUED PAUSED DELAYED FAILED CANCELLED UNREACHABLE MISSING SUCCEEDED"
            })
    void theFirstPresentInThisOrderWins(String order) {
        String[] statuses = order.split(" ");
        assertThat(Stream.of(Status.values()).map(Enum::name)).containsExactlyInAnyOrder(statuses);

        for (int first = 0; first < statuses.length; first++) {
            for (int other = first; other < statuses.length; other++) {
                assertThat(group(statuses[other], statuses[first], statuses[other])
                                .status()
                                .name())
                        .isEqualTo(statuses[first]);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"MISSING", "UNREACHABLE"})
    void oneThatIsNotKnownIsNeverSuccess(String unknown) {
        assertThat(group("SUCCEEDED", unknown, "SUCCEEDED").status()).isNotEqualTo(Status.SUCCEEDED);
    }

    @Test
    void aGroupOfNobodyIsNoSuccess() {
        assertThat(group().status()).isEqualTo(Status.MISSING);
    }

    @Test
    void countsSayHowManyStandWhere() {
        RunGroup group = group("RUNNING", "SUCCEEDED", "MISSING", "RUNNING", "UNREACHABLE");

        assertThat(group.counts())
                .containsExactly(
                        entry(Status.RUNNING, 2L),
                        entry(Status.UNREACHABLE, 1L),
                        entry(Status.MISSING, 1L),
                        entry(Status.SUCCEEDED, 1L));
    }

    @Test
    void aMemberIsFoundByItsShard() {
        RunGroup group = group("RUNNING", "MISSING", "UNREACHABLE");

        assertThat(group.run("s0")).isEqualTo(run("s0", RunStatus.RUNNING));
        assertThat(group.run("s1")).isNull();
        assertThat(group.run("s2")).isNull();
        assertThat(group.run("elsewhere")).isNull();
    }

    @Test
    void membersCannotBeChangedAfterwards() {
        List<Member> members = new ArrayList<>(List.of(Member.missing("a")));
        RunGroup group = new RunGroup("fill", Arguments.none(), members);

        members.clear();

        assertThat(group.members()).hasSize(1);
    }

    @Test
    void whoMustSucceedAndDidNotIsNamedShardByShard() {
        assertThat(RunNotSucceededException.of(group("SUCCEEDED", "FAILED", "MISSING")))
                .hasMessageContaining("'fill'")
                .hasMessageContaining("s1=FAILED s2=MISSING")
                .hasMessageNotContaining("s0");
    }
}
