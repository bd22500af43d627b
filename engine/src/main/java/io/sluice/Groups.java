package io.sluice;

import io.sluice.run.Arguments;
import io.sluice.run.Run;
import io.sluice.run.RunGroup;
import io.sluice.run.RunKind;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Puts the newest runs of several shards together into their groups. */
final class Groups {

    private final Set<String> shards;
    private final Function<String, Set<String>> declaredFor;

    /**
     * @param shards all of them, in order
     * @param declaredFor names of the shards of a migration; empty where it is not known
     */
    Groups(Set<String> shards, Function<String, Set<String>> declaredFor) {
        this.shards = shards;
        this.declaredFor = declaredFor;
    }

    private record Identity(RunKind kind, String name, Arguments arguments) {

        static Identity of(Run run) {
            return new Identity(run.kind(), run.name(), run.arguments());
        }
    }

    /** What was enqueued last comes first. */
    List<RunGroup> of(Collection<Run> newest, Set<String> unreachable) {
        Map<Identity, Map<String, Run>> found = new LinkedHashMap<>();
        newest.forEach(run -> found.computeIfAbsent(Identity.of(run), it -> new LinkedHashMap<>())
                .put(run.id().shard(), run));
        return found.entrySet().stream()
                .sorted(Comparator.comparing((Map.Entry<Identity, Map<String, Run>> it) -> lastCreated(it.getValue()))
                        .reversed())
                .map(it -> group(it.getKey(), it.getValue(), unreachable))
                .toList();
    }

    private RunGroup group(Identity identity, Map<String, Run> runs, Set<String> unreachable) {
        Set<String> members = new LinkedHashSet<>(shards);
        Set<String> declared = declaredFor.apply(identity.name);
        members.removeIf(it -> !declared.contains(it) && !runs.containsKey(it));
        return new RunGroup(
                identity.name,
                identity.arguments,
                members.stream().map(shard -> member(shard, runs, unreachable)).toList());
    }

    private static RunGroup.Member member(String shard, Map<String, Run> runs, Set<String> unreachable) {
        Run run = runs.get(shard);
        if (run != null) {
            return RunGroup.Member.of(run);
        }
        return unreachable.contains(shard) ? RunGroup.Member.unreachable(shard) : RunGroup.Member.missing(shard);
    }

    private static Instant lastCreated(Map<String, Run> runs) {
        return runs.values().stream()
                .map(run -> run.times().created())
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }
}
