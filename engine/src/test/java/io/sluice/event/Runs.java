package io.sluice.event;

import io.sluice.run.Arguments;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import io.sluice.run.RunKind;
import io.sluice.run.RunStatus;
import java.time.Instant;

/** Runs as observers are given them. */
final class Runs {

    private Runs() {}

    static Run of(String shard, long number, String migration, RunStatus status) {
        return new Run(
                new RunId(shard, number),
                RunKind.DATA,
                migration,
                Arguments.none(),
                1,
                status,
                new Run.Attempts(0, 5, null),
                null,
                null,
                null,
                new Run.Times(Instant.EPOCH, null, null));
    }
}
