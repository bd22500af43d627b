package io.sluice.benchmarks.scale;

import io.r2dbc.spi.ConnectionFactoryOptions;
import io.sluice.testkit.EmbeddedPostgres;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The server to measure on.
 *
 * @param maintenance a database to make others from
 * @param embedded what goes with the command; null where the server is somebody's
 */
record MeasuredServer(Target maintenance, @Nullable EmbeddedPostgres embedded) implements AutoCloseable {

    static final String URL_HELP =
            "r2dbc:postgresql://user:password@host:port/database, of a user who may make databases and"
                    + " checkpoints; what is made is dropped at the end; default: an embedded server";

    /** The one that is named, else an embedded one with these settings. */
    static MeasuredServer of(@Nullable Target named, Map<String, String> settings) {
        if (named != null) {
            return new MeasuredServer(named, null);
        }
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder();
        settings.forEach(builder::setting);
        EmbeddedPostgres embedded = builder.start();
        return new MeasuredServer(new Target(ConnectionFactoryOptions.parse(embedded.url())), embedded);
    }

    /** What a result cannot be read without. */
    Map<String, Object> facts() {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("processors", Runtime.getRuntime().availableProcessors());
        facts.put("java", Runtime.version().toString());
        facts.put("heapLimitMiB", Jvm.mebibytes(Jvm.heapLimit()));
        facts.put("postgresql", maintenance.text("show server_version"));
        facts.put("fsync", maintenance.text("show fsync"));
        return facts;
    }

    @Override
    public void close() {
        if (embedded != null) {
            embedded.close();
        }
    }
}
