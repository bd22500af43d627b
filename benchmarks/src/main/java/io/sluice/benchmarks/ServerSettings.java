package io.sluice.benchmarks;

import java.util.Map;

/** The settings of embedded servers that are measured. */
public final class ServerSettings {

    /** Safe as in production, and with room enough that no checkpoint comes by itself in the middle of a measurement. */
    public static final Map<String, String> DURABLE = Map.of(
            "shared_buffers", "512MB",
            "max_wal_size", "4GB",
            "checkpoint_timeout", "30min",
            "fsync", "on",
            "full_page_writes", "on",
            "synchronous_commit", "on");

    private ServerSettings() {}
}
