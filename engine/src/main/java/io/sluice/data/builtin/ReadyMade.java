package io.sluice.data.builtin;

import io.sluice.run.Arguments;

/**
 * A ready-made migration with its arguments, to be enqueued. It is a run of its name and arguments like any other: enqueued from
 * SQL with the same JSON, it is the same run.
 */
public sealed interface ReadyMade
        permits BackfillColumn,
                CopyColumn,
                DeleteAssociatedRecords,
                DeleteOrphanedRecords,
                PerformActionOnRelation,
                ResetCounters {

    /** The name it is declared by, always. */
    String name();

    /** Its arguments, for whoever asks for the run later: {@code sluice.ensureSucceeded(it.name(), it.arguments())}. */
    Arguments arguments();
}
