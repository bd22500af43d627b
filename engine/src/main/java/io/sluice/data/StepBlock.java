package io.sluice.data;

import java.time.Duration;
import java.util.Map;

/**
 * One whole sub-batch as an anonymous code block, for who may not create the {@link StepFunction}: the same steps, one round trip and
 * one commit, but read and planned anew by the server each time
 * (<a href="https://www.postgresql.org/docs/current/sql-do.html">DO</a>). A block returns nothing, so what there is to tell goes
 * through a setting that is over with the transaction. It needs USAGE on the language, which everybody has unless it was revoked.
 */
final class StepBlock implements Step {

    private static final String TOLD = "sluice.step";

    private static final String REST = """
                sluice_state    text;
                sluice_seen     bigint;
                sluice_changed  bigint;
                sluice_pause    bigint;
                sluice_rests    boolean;
            """ + StepBody.VARIABLES + "begin\n" + StepBody.STEPS + """
                perform set_config('${told}',
                    concat_ws(',', sluice_state, sluice_seen, sluice_changed, sluice_pause, coalesce(sluice_rests, false)), true);
            end
            ${tag};
            select t[1] as sluice_state, t[2]::bigint as sluice_seen, t[3]::bigint as sluice_changed, t[4]::bigint as sluice_pause,
                   t[5]::boolean as sluice_rests
              from string_to_array(current_setting('${told}'), ',') t
            """;

    private final String limits;
    private final String head;
    private final String rest;

    /** Its text is made once; only numbers change from call to call. */
    StepBlock(StepBody body, Duration lockTimeout) {
        this.limits = "set local jit = off; set local lock_timeout = " + lockTimeout.toMillis()
                + "; set local application_name = '"
                + StepFunction.applicationName(body.lease().run().number()) + "'; set local statement_timeout = ";
        this.head = "; do " + body.tag() + "\n" + StepBody.COLUMNS_FIRST + "declare\n";
        this.rest = body.in(REST, Map.of("told", TOLD));
    }

    @Override
    public String call(long lane, long token, long epoch, int target, Duration statementTimeout) {
        return limits + statementTimeout.toMillis() + head
                + "    sluice_lane   bigint := " + lane + "; sluice_token bigint := " + token
                + "; sluice_epoch bigint := " + epoch + "; sluice_target integer := " + target + ";\n"
                + rest;
    }
}
