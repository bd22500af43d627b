package io.sluice.webflux.api;

import com.fasterxml.jackson.annotation.JsonRawValue;
import io.sluice.run.Run;
import io.sluice.run.RunGroup;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The runs of one migration over its shards.
 *
 * @param kind of its runs; absent while there are none
 * @param counts how many members stand where
 */
@Wire
record GroupView(
        @Nullable String kind,
        String name,
        @JsonRawValue String arguments,
        String status,
        Map<RunGroup.Status, Long> counts,
        List<Member> members) {

    /** One shard's part: its newest run, or why there is none to show. */
    @Wire
    record Member(String shard, String status, @Nullable RunView run) {

        static Member of(RunGroup.Member it) {
            Run run = it.run();
            return new Member(it.shard(), it.status().name(), run == null ? null : RunView.of(run));
        }
    }

    static GroupView of(RunGroup it) {
        return new GroupView(
                it.members().stream()
                        .map(RunGroup.Member::run)
                        .filter(Objects::nonNull)
                        .map(run -> run.kind().name())
                        .findFirst()
                        .orElse(null),
                it.name(),
                it.arguments().toJson(),
                it.status().name(),
                it.counts(),
                it.members().stream().map(Member::of).toList());
    }
}
