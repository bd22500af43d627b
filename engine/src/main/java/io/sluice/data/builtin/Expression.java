package io.sluice.data.builtin;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An SQL expression of a user, looked at just enough to say whether doing it twice may be something else than doing it once: it
 * knows the functions of PostgreSQL and of its modules by name, not those of the user.
 */
record Expression(String sql) {

    /** A literal, a quoted name or a comment is skipped as a whole; the manual, section 4.1 "Lexical Structure". */
    private static final Pattern TOKEN = Pattern.compile(
            "[eE]'[^'\\\\]*+(?:(?:\\\\.|'')[^'\\\\]*+)*+'"
                    + "|'[^']*+'"
                    + "|(\\$(?:[A-Za-z_]\\w*+)?\\$).*?\\1"
                    + "|--[^\\r\\n]*+"
                    + "|/\\*.*?\\*/"
                    + "|\"(?<quoted>(?:[^\"]|\"\")*+)\"(?<afterQuoted>\\s*\\.\\s*(?!\\*))?"
                    + "|(?<plain>[A-Za-z_\\x80-\\uffff][\\w$\\x80-\\uffff]*+)(?<afterPlain>\\s*\\.\\s*(?!\\*))?",
            Pattern.DOTALL);

    /** What gives another value at another time; the manual, sections 9.3, 9.9.5, 9.14, 9.17 and 9.27, and the modules uuid-ossp and pgcrypto. */
    private static final Set<String> CHANGING = Set.of(
            "age",
            "clock_timestamp",
            "current_date",
            "current_time",
            "current_timestamp",
            "currval",
            "gen_random_bytes",
            "gen_random_uuid",
            "gen_salt",
            "lastval",
            "localtime",
            "localtimestamp",
            "nextval",
            "now",
            "pg_backend_pid",
            "pg_current_wal_lsn",
            "pg_current_xact_id",
            "pgp_pub_encrypt",
            "pgp_pub_encrypt_bytea",
            "pgp_sym_encrypt",
            "pgp_sym_encrypt_bytea",
            "random",
            "random_normal",
            "statement_timestamp",
            "timeofday",
            "transaction_timestamp",
            "txid_current",
            "uuid_generate_v1",
            "uuid_generate_v1mc",
            "uuid_generate_v4",
            "uuidv4",
            "uuidv7");

    /** As part of a statement: a comment at its end does not swallow what follows. */
    String inParentheses() {
        return "(" + sql + "\n)";
    }

    /** True where it calls what gives another value at another time. */
    boolean changesByItself() {
        return mentions(CHANGING);
    }

    /** True where it reads one of these columns of the table, or the row as a whole. */
    boolean reads(String table, Set<String> columns) {
        return mentions(columns) || mentions(Set.of(table));
    }

    private boolean mentions(Set<String> names) {
        Matcher token = TOKEN.matcher(sql);
        while (token.find()) {
            String quoted = token.group("quoted");
            String plain = token.group("plain");
            String name = quoted != null
                    ? quoted.replace("\"\"", "\"")
                    : plain != null ? plain.toLowerCase(Locale.ROOT) : null;
            boolean qualifies = token.group("afterQuoted") != null || token.group("afterPlain") != null;
            if (name != null && !qualifies && names.contains(name)) {
                return true;
            }
        }
        return false;
    }
}
