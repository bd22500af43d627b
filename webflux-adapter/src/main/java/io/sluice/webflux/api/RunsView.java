package io.sluice.webflux.api;

import io.sluice.run.RunPage;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A page of runs.
 *
 * @param next the parameter "after" of the next page; absent on the last one
 * @param unreachable shards whose runs are missing, as their database did not answer
 */
@Wire
record RunsView(List<RunView> runs, @Nullable String next, Set<String> unreachable) {

    static RunsView of(RunPage page) {
        return new RunsView(
                page.runs().stream().map(RunView::of).toList(),
                page.next() == null ? null : page.next().toString(),
                new TreeSet<>(page.unreachable()));
    }
}
