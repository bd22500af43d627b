package io.sluice.webflux.api;

import io.sluice.run.RunGroup;
import java.util.List;

/**
 * What the gate answers.
 *
 * @param open whether all that was asked for has succeeded
 * @param missing what has not
 */
@Wire
record GateView(boolean open, List<GroupView> missing) {

    static GateView of(List<GroupView> groups) {
        List<GroupView> missing = groups.stream()
                .filter(it -> !it.status().equals(RunGroup.Status.SUCCEEDED.name()))
                .toList();
        return new GateView(missing.isEmpty(), missing);
    }
}
