package io.sluice.examples.quickstart;

import io.sluice.run.BatchSettings;
import org.jspecify.annotations.Nullable;

/** The sizes that the command line asks for; null: not asked for. */
record Sizes(@Nullable Integer batch, @Nullable Integer subBatch) {

    boolean areGiven() {
        return batch != null || subBatch != null;
    }

    /** The settings with these sizes; a large sub-batch widens the batch which must hold it. */
    BatchSettings of(BatchSettings settings) {
        int transaction = subBatch == null ? settings.subBatchSize() : subBatch;
        BatchSettings wide = batch != null
                ? settings.withBatchSize(batch)
                : settings.withBatchSize(Math.max(settings.batchSize(), transaction));
        return subBatch == null ? wide : wide.withSubBatchSize(transaction);
    }
}
