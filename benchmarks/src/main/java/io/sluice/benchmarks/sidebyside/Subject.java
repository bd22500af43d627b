package io.sluice.benchmarks.sidebyside;

/** One way to do a backfill. Each but the single statement commits its bookkeeping with every batch. */
interface Subject extends AutoCloseable {

    String name();

    /** What has to be there once; not measured. */
    default void prepare(Workload workload) throws Exception {}

    /** The whole backfill, which is what is measured. */
    void run(Workload workload) throws Exception;

    @Override
    default void close() {}
}
