package io.sluice.ledger;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Readable;
import io.sluice.event.SluiceEvent;
import io.sluice.event.SluiceEvent.Origin;
import io.sluice.run.Failure;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The events of one shard in the order of their commit, kept for a while. */
public final class EventJournal {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static final String LAST = "select last_number from ${ledger}.event_counter";

    private static final String AFTER = """
            select number, at, run_id, name, kind, detail from ${ledger}.event
             where number > $1 order by number limit $2
            """;

    private static final String CUT =
            "delete from ${ledger}.event where at < clock_timestamp() - $1 * interval '1 millisecond'";

    private final Connections connections;
    private final LedgerName name;

    EventJournal(Connections connections, LedgerName name) {
        this.connections = connections;
        this.name = name;
    }

    /** Emits the number of the newest event; 0 when there is none. */
    public Mono<Long> lastNumber() {
        return connections.lendOne(connection ->
                Statements.queryOne(connection, name.in(LAST), row -> RunRows.number(row, "last_number")));
    }

    /** Emits events with a greater number, in order, at most so many. */
    public Flux<SluiceEvent> after(long number, int limit) {
        return connections.lend(connection -> Statements.query(connection, name.in(AFTER), this::event, number, limit));
    }

    /** Forgets events that are older; emits how many. */
    public Mono<Long> forgetOlderThan(Duration age) {
        return connections.lendOne(connection -> Statements.update(connection, name.in(CUT), age.toMillis()));
    }

    private SluiceEvent event(Readable row) {
        Origin origin = new Origin(
                new RunId(connections.shard(), RunRows.number(row, "run_id")),
                RunRows.number(row, "number"),
                requireNonNull(row.get("at", Instant.class)),
                RunRows.text(row, "name"));
        JsonNode detail = JSON.readTree(RunRows.text(row, "detail"));
        String kind = RunRows.text(row, "kind");
        return switch (kind) {
            case "ENQUEUED" -> new SluiceEvent.RunEnqueued(origin, status(detail, "status"));
            case "STATUS" ->
                new SluiceEvent.StatusChanged(
                        origin, status(detail, "from"), status(detail, "to"), text(detail, "reason"), failure(detail));
            case "BATCH_FAILED" ->
                new SluiceEvent.BatchFailed(
                        origin,
                        detail.path("batch").asLong(),
                        detail.path("attempt").asInt(),
                        detail.path("last").asBoolean(),
                        key(detail, "lower"),
                        key(detail, "upper"),
                        failure(detail));
            case "PASS" ->
                new SluiceEvent.PassBegun(
                        origin,
                        detail.path("pass").asInt(),
                        requireNonNull(text(detail, "phase")),
                        detail.path("rowsLeft").asLong());
            case "THROTTLED" -> new SluiceEvent.Throttled(origin, requireNonNull(text(detail, "reason")));
            case "UNTHROTTLED" ->
                new SluiceEvent.Unthrottled(
                        origin, Duration.ofMillis(detail.path("ms").asLong()));
            case "REMOVED" -> new SluiceEvent.RunRemoved(origin);
            default -> new SluiceEvent.Unknown(origin, kind);
        };
    }

    private static @Nullable List<String> key(JsonNode detail, String field) {
        JsonNode node = detail.get(field);
        return node == null || !node.isArray()
                ? null
                : node.valueStream().map(JsonNode::asString).toList();
    }

    private static RunStatus status(JsonNode detail, String field) {
        return RunStatus.valueOf(requireNonNull(text(detail, field)));
    }

    private static @Nullable Failure failure(JsonNode detail) {
        String errorClass = text(detail, "errorClass");
        return errorClass == null
                ? null
                : new Failure(
                        errorClass,
                        requireNonNull(text(detail, "message")),
                        text(detail, "sqlState"),
                        text(detail, "constraint"),
                        text(detail, "table"),
                        text(detail, "column"),
                        text(detail, "stack"));
    }

    private static @Nullable String text(JsonNode detail, String field) {
        JsonNode node = detail.get(field);
        return node == null || node.isNull() ? null : node.asString();
    }
}
