package io.sluice.schema;

import org.jspecify.annotations.Nullable;

/**
 * One statement on the way to what a change wants.
 *
 * @param what it does, for people: {@code build index users_email_idx}
 * @param form where it is made
 * @param probe table that is locked for a moment before, in {@link #PROBE_MODE}, to see that it can be; null: not before
 * @param isLong true for a build, which has no statement timeout unless the run has one, and which waits for old snapshots
 * @param once true when it is done for good when it has been done, whatever the catalog says
 * @param drops true where it removes what an attempt before left half-built
 */
record Step(
        String what, String statement, Form form, @Nullable String probe, boolean isLong, boolean once, boolean drops) {

    /** Enough for every concurrent change: it lets others read and write. */
    static final String PROBE_MODE = "share update exclusive";

    /** Where a statement is made. */
    enum Form {
        /** On a direct connection, outside of transactions and without a lock timeout: what is CONCURRENTLY. */
        DIRECT,
        /** In a transaction of its own, with a lock timeout, again and again until it gets its lock. */
        TRANSACTION,
        /** The same, where the lock lets others read and write: waiting for it does no harm, so it may wait longer each time. */
        GENTLE
    }

    /** A concurrent statement that takes long. */
    static Step concurrent(String what, String statement, @Nullable String probe) {
        return new Step(what, statement, Form.DIRECT, probe, true, false, false);
    }

    /**
     * Drops concurrently what is half-built. It waits for old transactions like a build, and however long: given up, it leaves
     * what it was to remove.
     *
     * @param index as it stands in a statement
     */
    static Step drop(String what, String index) {
        return new Step(what, "drop index concurrently if exists " + index, Form.DIRECT, null, true, false, true);
    }

    /**
     * A statement in a transaction that has a strong lock while it waits for old snapshots: so it is given up after the time in
     * which it must get a lock, and tried again.
     */
    static Step waiting(String what, String statement) {
        return new Step(what, statement, Form.TRANSACTION, null, true, false, false);
    }

    /** A statement in a transaction. */
    static Step locked(String what, String statement) {
        return new Step(what, statement, Form.TRANSACTION, null, false, false, false);
    }

    /** A statement in a transaction whose lock lets others read and write. */
    static Step gentle(String what, String statement) {
        return new Step(what, statement, Form.GENTLE, null, false, false, false);
    }

    Step doneOnce() {
        return new Step(what, statement, form, probe, isLong, true, drops);
    }

    /** Not one that builds: with the statement timeout of ordinary statements. */
    Step limited() {
        return new Step(what, statement, form, probe, false, once, drops);
    }
}
