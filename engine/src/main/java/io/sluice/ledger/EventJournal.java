package io.sluice.ledger;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import io.r2dbc.spi.Readable;
import io.sluice.event.SluiceEvent;
import io.sluice.event.SluiceEvent.Origin;
import io.sluice.run.Failure;
import io.sluice.run.Json;
import io.sluice.run.RunId;
import io.sluice.run.RunStatus;
import io.sluice.sql.Connections;
import io.sluice.sql.Statements;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/** The events of one shard in the order of their commit, kept for a while. */
public final class EventJournal {

    private static final String LAST = "select last_number from ${ledger}.event_counter";

    /** One row at least, of one snapshot: where the journal has nothing to give, the last number tells whether it was cut. */
    private static final String AFTER = """
            select c.last_number, clock_timestamp() as now, e.*
              from ${ledger}.event_counter c
              left join (select number, at, run_id, name, kind, detail from ${ledger}.event
                          where number > $1 order by number limit $2) e on true
             order by e.number
            """;

    /** $1 run, $2 the number before, $3 at most so many. */
    private static final String OF_RUN = """
            select number, at, run_id, name, kind, detail from ${ledger}.event
             where run_id = $1 and number > $2 order by number limit $3
            """;

    /** $1 run, $2 kind, $3 detail. */
    private static final String WRITE =
            "select ${ledger}.journal(r.id, r.name, $2, $3::jsonb) as number from ${ledger}.run r where r.id = $1";

    /** Which callbacks were called is known for as long as a run may go on. */
    private static final String CUT = """
            delete from ${ledger}.event e
             where e.at < clock_timestamp() - $1 * interval '1 millisecond'
               and (e.kind <> 'CALLED'
                    or not exists (select from ${ledger}.run r
                                    where r.id = e.run_id and r.status not in ('SUCCEEDED', 'CANCELLED')))
            """;

    /** Where a run turned last, and which callbacks were called since when. $1 run. */
    private static final String TURNS = """
            select coalesce(max(e.number) filter (where e.kind = 'STATUS' and e.detail ->> 'to' in ('RUNNING', 'FINISHING')), 0) as started,
                   coalesce(max(e.number) filter (where e.kind = 'STATUS' and e.detail ->> 'from' = 'PAUSED'
                                                   and e.detail ->> 'to' in ('ENQUEUED', 'FINISHING')), 0) as resumed,
                   coalesce(max(e.number) filter (where e.kind = 'STATUS' and e.detail ->> 'to' = 'PAUSED'), 0) as paused,
                   coalesce(max(e.number) filter (where e.kind = 'STATUS' and e.detail ->> 'to' = 'CANCELLED'), 0) as cancelled,
                   coalesce(max(e.number) filter (where e.kind = 'STATUS' and e.detail ->> 'to' = 'SUCCEEDED'), 0) as completed,
                   coalesce((select jsonb_object_agg(c.name, c.number)
                               from (select d.detail ->> 'callback' as name, max(d.number) as number from ${ledger}.event d
                                      where d.run_id = $1 and d.kind = 'CALLED' group by 1) c), '{}')::text as called
              from ${ledger}.event e where e.run_id = $1
            """;

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

    /**
     * Emits events with a greater number, in order, at most so many. Where the journal was cut behind that number, a {@link
     * SluiceEvent.Gap} comes first; where it ends before that number, one comes alone, with the last number there is.
     */
    public Flux<SluiceEvent> after(long number, int limit) {
        return connections.lend(connection -> Flux.defer(() -> {
            AtomicLong last = new AtomicLong(number);
            return Statements.query(
                            connection,
                            name.in(AFTER),
                            row -> withGap(row, last.getAndSet(numberIn(row))),
                            number,
                            limit)
                    .concatMapIterable(Function.identity());
        }));
    }

    /** Emits the events of one run that are kept and have a greater number, in order, at most so many. */
    public Flux<SluiceEvent> ofRun(long run, long after, int limit) {
        return connections.lend(
                connection -> Statements.query(connection, name.in(OF_RUN), this::event, run, after, limit));
    }

    /** Journals that a batch which failed is tried again; emits the number of the event. */
    public Mono<Long> batchRetried(RunId run, long batch, int attempt) {
        return connections.lendOne(connection -> Statements.queryOne(
                connection,
                name.in(WRITE),
                row -> RunRows.number(row, "number"),
                run.number(),
                "BATCH_RETRIED",
                Json.MAPPER
                        .createObjectNode()
                        .put("batch", batch)
                        .put("attempt", attempt)
                        .toString()));
    }

    /**
     * Where a run turned last: numbers of events, 0 where it never did.
     *
     * @param called by the name of a callback, the number of the event that says it was called
     */
    public record Turns(
            long started, long resumed, long paused, long cancelled, long completed, Map<String, Long> called) {}

    /** Emits the turns of a run that are still in the journal. It is read from end to end, so ask for turns only. */
    public Mono<Turns> turns(RunId run) {
        return connections.lendOne(connection -> Statements.queryOne(
                connection,
                name.in(TURNS),
                row -> new Turns(
                        RunRows.number(row, "started"),
                        RunRows.number(row, "resumed"),
                        RunRows.number(row, "paused"),
                        RunRows.number(row, "cancelled"),
                        RunRows.number(row, "completed"),
                        Json.MAPPER
                                .readTree(RunRows.text(row, "called"))
                                .propertyStream()
                                .collect(Collectors.toMap(
                                        Map.Entry::getKey, it -> it.getValue().asLong()))),
                run.number()));
    }

    /** Journals that a callback of a run was called; emits the number of the event. */
    public Mono<Long> called(RunId run, String callback) {
        return connections.lendOne(connection -> Statements.queryOne(
                connection,
                name.in(WRITE),
                row -> RunRows.number(row, "number"),
                run.number(),
                "CALLED",
                Json.MAPPER.createObjectNode().put("callback", callback).toString()));
    }

    private static long numberIn(Readable row) {
        return requireNonNullElse(row.get("number", Long.class), RunRows.number(row, "last_number"));
    }

    private List<SluiceEvent> withGap(Readable row, long before) {
        Long number = row.get("number", Long.class);
        long lost = number == null ? RunRows.number(row, "last_number") : number - 1;
        List<SluiceEvent> events = new ArrayList<>(2);
        if (lost > before || isAnew(number, lost, before)) {
            Instant at = requireNonNull(row.get(number == null ? "now" : "at", Instant.class));
            events.add(new SluiceEvent.Gap(
                    new Origin(new RunId(connections.shard(), 0), lost, at, ""),
                    Math.min(before, lost) + 1,
                    Math.max(before, lost)));
        }
        if (number != null) {
            events.add(event(row));
        }
        return events;
    }

    /** The counter never goes back by itself, so this is another database, or an earlier state of it. */
    private static boolean isAnew(@Nullable Long number, long last, long before) {
        return number == null && last < before;
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
        JsonNode detail = Json.MAPPER.readTree(RunRows.text(row, "detail"));
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
            case "CALLED" -> new SluiceEvent.CallbackCalled(origin, requireNonNull(text(detail, "callback")));
            case "BATCH_RETRIED" ->
                new SluiceEvent.BatchRetried(
                        origin,
                        detail.path("batch").asLong(),
                        detail.path("attempt").asInt());
            case "BATCH_SPLIT" ->
                new SluiceEvent.BatchSplit(
                        origin, detail.path("batch").asLong(), key(detail, "lower"), key(detail, "upper"));
            case "ROW_QUARANTINED" ->
                new SluiceEvent.RowQuarantined(origin, requireNonNull(key(detail, "key")), failure(detail));
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
            case "SCHEMA_NOTE" -> new SluiceEvent.SchemaNoted(origin, requireNonNull(text(detail, "note")));
            case "BLOCKER" ->
                new SluiceEvent.BlockerEnded(
                        origin,
                        requireNonNull(text(detail, "action")),
                        detail.path("pid").asInt(),
                        requireNonNull(text(detail, "blocker")));
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
