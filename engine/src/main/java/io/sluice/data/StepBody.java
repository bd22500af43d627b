package io.sluice.data;

import static java.util.Map.entry;
import static java.util.Objects.requireNonNull;

import io.sluice.ledger.Lease;
import io.sluice.ledger.LedgerName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One whole sub-batch as PL/pgSQL: guard, bound, work, checkpoint and, at the end of a batch, the next one. It takes lane, token, epoch
 * and target as {@code sluice_lane} and so on, and leaves what there is to tell in {@code sluice_state} and those beside it.
 *
 * @param bounded whether the run has a lower bound, which is part of its first range
 */
record StepBody(
        LedgerName ledger, Lease lease, Keyset keys, CommitMode commit, boolean bounded, StatementText statement) {

    /** The text of the work for a range; it leaves the number of changed rows in {@code sluice_changed}. */
    @FunctionalInterface
    interface StatementText {
        String text(Keyset.@Nullable Lower lower, IntFunction<String> upper);
    }

    /** Names begin with sluice_ and columns win over them, so that the user's statement means what it means elsewhere. */
    static final String COLUMNS_FIRST = "#variable_conflict use_column\n";

    static final String VARIABLES = """
                sluice_now      record;
                sluice_bindings jsonb;
                sluice_size     integer;
                sluice_next     text[];
                -- for the transaction; a SET clause of the function would be over before the commit
                sluice_commit   text := set_config('synchronous_commit',
                    coalesce(${synchronousCommit}, current_setting('synchronous_commit')), true);
            ${variables}
            """;

    static final String STEPS = """
                select * into sluice_now from ${ledger}.open_sub_batch(sluice_lane, sluice_token, sluice_epoch);
                sluice_state := sluice_now.state; sluice_seen := 0; sluice_changed := 0; sluice_pause := 0;
                if sluice_state = 'OPEN' then
                    sluice_bindings := sluice_now.bindings;
                    sluice_size := sluice_now.sub_batch_size;
                    ${decodeStop}
                    if sluice_now.lower is null then
                        ${selectFirst}
                        if found then
                            sluice_seen := sluice_size;
                        else
                            ${upperIsStop}
                            ${countFirst}
                        end if;
                        ${workFirst};
                    else
                        ${decodeLower}
                        ${selectFurther}
                        if found then
                            sluice_seen := sluice_size;
                        else
                            ${upperIsStop}
                            ${countFurther}
                        end if;
                        ${workFurther};
                    end if;
                    perform ${ledger}.checkpoint(sluice_lane, ${encodedUpper}, sluice_seen, sluice_changed, sluice_target);
                    sluice_pause := sluice_now.sub_batch_pause_ms;
                    sluice_rests := sluice_now.sub_batch_pause_ms > 0 or sluice_now.batch_pause_ms > 0;
                    if ${atStop} then
                        sluice_pause := greatest(sluice_pause, sluice_now.batch_pause_ms);
                        if sluice_now.stop is distinct from sluice_now.lane_upper then
                            ${nextBatch}
                            sluice_next := coalesce(sluice_next, sluice_now.lane_upper);
                        else
                            sluice_state := 'LAST';
                        end if;
                        perform ${ledger}.next_batch(sluice_lane, sluice_next);
                    end if;
                end if;
            """;

    private static final Pattern PLACE = Pattern.compile("\\$\\{(\\w+)\\}");

    /** The quote around a text in which this stands. */
    String tag() {
        return "$sluice_" + lease.run().number() + "_" + lease.token() + "$";
    }

    /**
     * A text with this in its places, and with some of its own.
     *
     * @throws DefinitionException when something in it would end its quote
     */
    String in(String frame, Map<String, String> own) {
        Map<String, String> parts = new HashMap<>(parts());
        parts.putAll(own);
        if (parts.values().stream().anyMatch(it -> it.contains(tag()))) {
            throw new DefinitionException("neither the statement nor a name in it may contain " + tag());
        }
        // in one go: what looks like a place in a statement or a name is none
        return PLACE.matcher(frame)
                .replaceAll(place -> Matcher.quoteReplacement(
                        place.group(1).equals("tag") ? tag() : requireNonNull(parts.get(place.group(1)))));
    }

    private Map<String, String> parts() {
        Keyset.Lower further = new Keyset.Lower(variable("lower"), false);
        Keyset.Lower first = bounded ? new Keyset.Lower(keys.decoded("sluice_now.first"), true) : null;
        IntFunction<String> upper = variable("upper");
        return Map.ofEntries(
                entry("synchronousCommit", commit.literal()),
                entry("variables", variables()),
                entry("decodeLower", assign("lower", keys.decoded("sluice_now.lower"))),
                entry("decodeStop", assign("stop", keys.decoded("sluice_now.stop"))),
                entry("upperIsStop", assign("upper", variable("stop"))),
                entry("selectFirst", select(first)),
                entry("selectFurther", select(further)),
                entry("countFirst", count(first)),
                entry("countFurther", count(further)),
                entry("encodedUpper", keys.texts(upper)),
                entry("atStop", same(upper, variable("stop"))),
                entry("nextBatch", nextBatch()),
                entry("ledger", ledger.quoted()),
                entry("workFirst", statement.text(first, upper)),
                entry("workFurther", statement.text(further, upper)));
    }

    private static IntFunction<String> variable(String role) {
        return i -> "sluice_" + role + "_" + (i + 1);
    }

    private String variables() {
        return List.of("lower", "stop", "upper").stream()
                .flatMap(role -> indexes()
                        .mapToObj(i -> "    " + variable(role).apply(i) + " " + keys.table() + "."
                                + keys.columns().get(i).quoted() + "%type;"))
                .collect(Collectors.joining("\n"));
    }

    private String assign(String role, IntFunction<String> value) {
        StringJoiner lines = new StringJoiner(" ");
        indexes().forEach(i -> lines.add(variable(role).apply(i) + " := " + value.apply(i) + ";"));
        return lines.toString();
    }

    private String select(Keyset.@Nullable Lower lower) {
        return "select " + keys.list() + " into " + into() + " from " + keys.table() + " where "
                + keys.range(null, lower, variable("stop")) + " order by " + keys.list()
                + " offset sluice_size - 1 limit 1;";
    }

    private String count(Keyset.@Nullable Lower lower) {
        return "select count(*) into sluice_seen from " + keys.table() + " where "
                + keys.range(null, lower, variable("stop")) + ";";
    }

    private String nextBatch() {
        return "sluice_next := ("
                + keys.nth(
                        new Keyset.Lower(variable("upper"), false),
                        keys.decoded("sluice_now.lane_upper"),
                        "sluice_now.batch_size - 1")
                + ");";
    }

    private String same(IntFunction<String> left, IntFunction<String> right) {
        return indexes().mapToObj(i -> left.apply(i) + " = " + right.apply(i)).collect(Collectors.joining(" and "));
    }

    private String into() {
        return indexes().mapToObj(variable("upper")).collect(Collectors.joining(", "));
    }

    private IntStream indexes() {
        return IntStream.range(0, keys.width());
    }
}
