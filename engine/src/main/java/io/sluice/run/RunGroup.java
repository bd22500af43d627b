package io.sluice.run;

import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The runs of one migration over the shards declared for it. It has no row of its own: its status is a fold of its members.
 *
 * @param members one per declared shard, in the order of the shards
 */
public record RunGroup(String name, Arguments arguments, List<Member> members) {

    public RunGroup {
        members = List.copyOf(members);
    }

    /** One shard's part of the group: its newest run, or the reason why there is none to show. */
    public record Member(
            String shard, Status status, @Nullable Run run) {

        public static Member of(Run run) {
            return new Member(run.id().shard(), Status.of(run.status()), run);
        }

        public static Member missing(String shard) {
            return new Member(shard, Status.MISSING, null);
        }

        public static Member unreachable(String shard) {
            return new Member(shard, Status.UNREACHABLE, null);
        }
    }

    /** A {@link RunStatus}, or one of the two ways of having none, which are never success. The order is that of the fold. */
    public enum Status {
        CANCELLING,
        PAUSING,
        FINISHING,
        RUNNING,
        ERRORED,
        ENQUEUED,
        PAUSED,
        DELAYED,
        FAILED,
        CANCELLED,
        /** The database does not answer. */
        UNREACHABLE,
        /** Never enqueued there. */
        MISSING,
        SUCCEEDED;

        public static Status of(RunStatus status) {
            return valueOf(status.name());
        }

        /** The first present in the order of this enum: what is active, what failed, what is not known, and last success. */
        static Status fold(Collection<Status> members) {
            return members.stream().min(Status::compareTo).orElse(MISSING);
        }
    }

    public Status status() {
        return Status.fold(members.stream().map(Member::status).toList());
    }

    /** How many members stand where; only statuses that occur. */
    public Map<Status, Long> counts() {
        Map<Status, Long> counts = new EnumMap<>(Status.class);
        Arrays.stream(Status.values()).forEach(status -> {
            long count = members.stream().filter(it -> it.status() == status).count();
            if (count > 0) {
                counts.put(status, count);
            }
        });
        return counts;
    }

    /** The member's run on that shard, or null. */
    public @Nullable Run run(String shard) {
        return members.stream()
                .filter(it -> it.shard().equals(shard))
                .map(Member::run)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }
}
