package io.sluice.data;

import static java.util.Map.entry;
import static java.util.Objects.requireNonNull;

import io.sluice.ledger.Lease;
import io.sluice.ledger.LedgerName;
import io.sluice.sql.Identifier;
import java.time.Duration;
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
 * The text of the function that does one whole sub-batch on the server: guard, bound, work, checkpoint and, at the end of a
 * batch, the next one. It is made for one lease of one run, so that the migration's statement is static in it and planned
 * once (an EXECUTEd one would be planned for every sub-batch), and it takes only integers, so that calls without bound values
 * can follow each other on the wire.
 *
 * <p>The generic plan is forced because PostgreSQL would never choose it by itself here (reference: plan_cache_mode in the
 * manual, section 20.7.4); with it a sub-batch of 50 rows costs half. Such a plan expects half a percent of the table, which in a large
 * one would be worth compiling (jit_above_cost), anew for each sub-batch.
 */
record StepFunction(LedgerName ledger, Lease lease, Keyset keys, Duration lockTimeout, CommitMode commit) {

    /** Quoted name with schema. The token makes it the own of one lease, so that nobody else replaces or drops it. */
    String name() {
        return ledger.quoted() + '.' + Identifier.quote(prefix(lease.run().number()) + lease.token());
    }

    static String prefix(long run) {
        return "step_" + run + "_";
    }

    String drop() {
        return "drop function if exists " + name() + "(bigint, bigint, bigint, integer)";
    }

    /** One call: a timeout, and the step; the target is the time for the next one in ms, 0 as the settings say. All values are integers of our own, so nothing needs to be bound. */
    String call(long lane, long token, long epoch, int target, Duration statementTimeout) {
        return "set local statement_timeout = " + statementTimeout.toMillis() + "; select * from " + name() + "(" + lane
                + ", " + token + ", " + epoch + ", " + target + ")";
    }

    /**
     * The DDL.
     *
     * @param bounded whether the run has a lower bound, which is part of its first range
     */
    String create(boolean bounded, StatementText statement) {
        Keyset.Lower further = new Keyset.Lower(variable("lower"), false);
        Keyset.Lower first = bounded ? new Keyset.Lower(keys.decoded("sluice_now.first"), true) : null;
        IntFunction<String> upper = variable("upper");
        String tag = "$sluice_" + lease.run().number() + "_" + lease.token() + "$";
        Map<String, String> parts = Map.ofEntries(
                entry("name", name()),
                entry("lockTimeout", lockTimeout.toMillis() + "ms"),
                entry("applicationName", applicationName(lease.run().number())),
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
        if (parts.values().stream().anyMatch(it -> it.contains(tag))) {
            throw new DefinitionException("neither the statement nor a name in it may contain " + tag);
        }
        // in one go: what looks like a place in a statement or a name is none
        return PLACE.matcher(BODY)
                .replaceAll(place -> Matcher.quoteReplacement(
                        place.group(1).equals("tag") ? tag : requireNonNull(parts.get(place.group(1)))));
    }

    /** The name that every sub-batch gives its backend: it says to people who this is, and to a takeover that it is ours. */
    static String applicationName(long run) {
        return "sluice run " + run;
    }

    /** The text of the work for a range; it leaves the number of changed rows in {@code sluice_changed}. */
    @FunctionalInterface
    interface StatementText {
        String text(Keyset.@Nullable Lower lower, IntFunction<String> upper);
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

    private static final Pattern PLACE = Pattern.compile("\\$\\{(\\w+)\\}");

    /** Names begin with sluice_ and columns win over them, so that the user's statement means what it means elsewhere. */
    private static final String BODY = """
            create or replace function ${name}(
                sluice_lane bigint, sluice_token bigint, sluice_epoch bigint, sluice_target integer,
                out sluice_state text, out sluice_seen bigint, out sluice_changed bigint, out sluice_pause bigint,
                out sluice_rests boolean)
            language plpgsql volatile
            set plan_cache_mode = force_generic_plan
            set jit = off
            set lock_timeout = '${lockTimeout}'
            set application_name = '${applicationName}'
            as ${tag}
            #variable_conflict use_column
            declare
                sluice_now      record;
                sluice_bindings jsonb;
                sluice_size     integer;
                sluice_next     text[];
                -- for the transaction; a SET clause of the function would be over before the commit
                sluice_commit   text := set_config('synchronous_commit',
                    coalesce(${synchronousCommit}, current_setting('synchronous_commit')), true);
            ${variables}
            begin
                select * into sluice_now from ${ledger}.open_sub_batch(sluice_lane, sluice_token, sluice_epoch);
                sluice_state := sluice_now.state; sluice_seen := 0; sluice_changed := 0; sluice_pause := 0;
                if sluice_state <> 'OPEN' then
                    return;
                end if;
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
            end
            ${tag}
            """;
}
