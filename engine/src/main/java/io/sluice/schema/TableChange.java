package io.sluice.schema;

import io.sluice.sql.TableName;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Every change but that of adding an index: what it is about, and few options. */
record TableChange(
        Operation change, TableName table, @Nullable String object, Map<String, Object> options)
        implements SchemaMigration {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    TableChange {
        options = Map.copyOf(options);
    }

    @Override
    public String operation() {
        return change.word();
    }

    @Override
    public String name() {
        return change == Operation.STATEMENT && object != null ? object : SchemaMigration.super.name();
    }

    @Override
    public String definition() {
        return JSON.writeValueAsString(options);
    }
}
