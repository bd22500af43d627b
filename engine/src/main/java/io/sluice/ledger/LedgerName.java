package io.sluice.ledger;

import io.sluice.sql.Identifier;

/** The schema of a ledger, as it stands in statements. The only thing that is ever put into the text of one. */
public record LedgerName(String schema) {

    /** The quoted name. */
    public String quoted() {
        return Identifier.quote(schema);
    }

    /** The channel of NOTIFY, which is the name of the schema. */
    public String channel() {
        return schema;
    }

    /** The statement with the names of this ledger in it. */
    public String in(String sql) {
        return sql.replace("${ledger}", quoted()).replace("${channel}", "'" + schema.replace("'", "''") + "'");
    }
}
