package io.sluice.schema;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The changes that this engine knows. Their names are in ledgers and in plain SQL, so they stay. */
enum Operation {
    ADD_INDEX,
    REMOVE_INDEX,
    REINDEX,
    VALIDATE_FOREIGN_KEY,
    VALIDATE_CONSTRAINT,
    ATTACH_UNIQUE_CONSTRAINT,
    DETACH_PARTITION,
    REFRESH_MATERIALIZED_VIEW,
    VACUUM,
    ANALYZE,
    STATEMENT;

    /** As it stands in the ledger. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Operation> of(String word) {
        return Arrays.stream(values()).filter(it -> it.word().equals(word)).findFirst();
    }
}
