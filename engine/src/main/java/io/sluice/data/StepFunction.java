package io.sluice.data;

import io.sluice.ledger.Lease;
import io.sluice.ledger.LedgerName;
import io.sluice.sql.Identifier;
import java.time.Duration;
import java.util.Map;

/**
 * The function that does one whole sub-batch on the server. It is made for one lease of one run, so that the migration's statement is
 * static in it and planned once (an EXECUTEd one would be planned for every sub-batch), and it takes only integers, so that
 * calls without bound values can follow each other on the wire.
 *
 * <p>The generic plan is forced because PostgreSQL would never choose it by itself here (reference: plan_cache_mode in the
 * manual, section 20.7.4); with it a sub-batch of 50 rows costs half. Such a plan expects half a percent of the table, which in a large
 * one would be worth compiling (jit_above_cost), anew for each sub-batch.
 */
record StepFunction(StepBody body, Duration lockTimeout) implements Step {

    private static final String TEXT =
            """
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
            """ + StepBody.COLUMNS_FIRST + "declare\n" + StepBody.VARIABLES + "begin\n" + StepBody.STEPS + """
            end
            ${tag}
            """;

    /** Quoted name with schema. The token makes it the own of one lease, so that nobody else replaces or drops it. */
    private static String name(LedgerName ledger, Lease lease) {
        return ledger.quoted() + '.' + Identifier.quote(prefix(lease.run().number()) + lease.token());
    }

    static String prefix(long run) {
        return "step_" + run + "_";
    }

    static String drop(LedgerName ledger, Lease lease) {
        return "drop function if exists " + name(ledger, lease) + "(bigint, bigint, bigint, integer)";
    }

    /** A timeout, and the step. */
    @Override
    public String call(long lane, long token, long epoch, int target, Duration statementTimeout) {
        return "set local statement_timeout = " + statementTimeout.toMillis() + "; select * from "
                + name(body.ledger(), body.lease()) + "(" + lane + ", " + token + ", " + epoch + ", " + target + ")";
    }

    /** The DDL. */
    String create() {
        return body.in(
                TEXT,
                Map.of(
                        "name", name(body.ledger(), body.lease()),
                        "lockTimeout", lockTimeout.toMillis() + "ms",
                        "applicationName", applicationName(body.lease().run().number())));
    }

    /** The name that every sub-batch gives its backend: it says to people who this is, and to a takeover that it is ours. */
    static String applicationName(long run) {
        return "sluice run " + run;
    }
}
