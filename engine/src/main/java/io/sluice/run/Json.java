package io.sluice.run;

import java.util.List;
import java.util.Map;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads and writes the JSON of the ledger. A mapper makes the readers and writers that it needs at first use, under a lock which
 * shards that come side by side would wait for on event loops; so they are made here, once, before anybody comes.
 */
public final class Json {

    public static final JsonMapper MAPPER = JsonMapper.builder().build();

    /** For what users give: no digit of a number gets lost. */
    public static final JsonMapper EXACT = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    static {
        MAPPER.readTree("[]");
        EXACT.readTree("[]");
        MAPPER.writeValueAsString(Map.of("key", "value"));
        MAPPER.writeValueAsString(List.of(List.of("value")));
    }

    private Json() {}
}
