package io.sluice.benchmarks.sidebyside;

import java.util.List;

/** What the rows of the table are told apart by; g counts them. */
enum KeyKind {
    BIGINT(List.of("id"), List.of("bigint"), List.of("g"), List.of("-1")),
    /** Clusters of a hundred with gaps of a million. */
    SPARSE(List.of("id"), List.of("bigint"), List.of("(g / 100)::bigint * 1000000 + g % 100"), List.of("-1")),
    /** In no order on disk. */
    UUID(List.of("id"), List.of("uuid"), List.of("md5(g::text)::uuid"), List.of(Constants.NO_UUID)),
    COMPOSITE(
            List.of("tenant", "id"),
            List.of("integer", "uuid"),
            List.of("(g % 100)::integer", "md5(g::text)::uuid"),
            List.of("-1", Constants.NO_UUID));

    final List<String> columns;
    final List<String> types;
    final List<String> values;

    /** Below every key. */
    final List<String> belowAll;

    KeyKind(List<String> columns, List<String> types, List<String> values, List<String> belowAll) {
        this.columns = columns;
        this.types = types;
        this.values = values;
        this.belowAll = belowAll;
    }

    /** {@code id} or {@code tenant, id}. */
    String list() {
        return String.join(", ", columns);
    }

    private static final class Constants {
        private static final String NO_UUID = "'00000000-0000-0000-0000-000000000000'";
    }
}
