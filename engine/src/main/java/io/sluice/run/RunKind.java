package io.sluice.run;

/** What the work of a run is; each kind has slots of its own on a shard. */
public enum RunKind {
    /** Rows are changed in batches. */
    DATA,
    /** A long statement of schema: an index build, a validation. */
    SCHEMA,
    /** An ordinary versioned migration that runs later, in order. */
    VERSIONED
}
