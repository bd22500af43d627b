package io.sluice.schema;

import io.r2dbc.spi.Connection;
import io.sluice.sql.Connections;
import io.sluice.sql.SqlFault;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Sees and ends sessions as those who may. Of the sessions of another role the server shows little but their names, and it ends
 * them for nobody else, but for who has {@code pg_read_all_stats} and {@code pg_signal_backend} (<a
 * href="https://www.postgresql.org/docs/current/monitoring-stats.html">The Cumulative Statistics System</a>). So where builds
 * are made by another role than that of the ledger, that one is asked, too.
 *
 * @param direct the connections of builds; null where there are none
 */
record Eyes(Connections ledger, @Nullable Connections direct) {

    private static final String NOT_ALLOWED = "42501";

    /** A session as a row shows it. */
    interface Seen {

        int pid();

        /** True where the server shows that it is there, and no more. */
        boolean isHidden();
    }

    /** Emits the rows of a query, each as well as it can be seen. */
    <T extends Seen> Flux<T> look(Function<Connection, Flux<T>> query) {
        Connections other = direct;
        return ledger.lend(query)
                .collectList()
                .flatMapMany(seen -> other == null || seen.stream().noneMatch(Seen::isHidden)
                        ? Flux.fromIterable(seen)
                        : other.lend(query).collectList().flatMapIterable(there -> together(seen, there)));
    }

    private static <T extends Seen> List<T> together(List<T> seen, List<T> there) {
        List<T> clear = seen.stream().filter(it -> !it.isHidden()).toList();
        Set<Integer> known = clear.stream().map(Seen::pid).collect(Collectors.toSet());
        return Stream.concat(clear.stream(), there.stream().filter(it -> !known.contains(it.pid())))
                .toList();
    }

    /** Does to a session what its role may. */
    Mono<Void> act(Function<Connection, Mono<Integer>> deed) {
        Connections other = direct;
        return ledger.lendOne(deed)
                .onErrorResume(
                        error -> other != null && NOT_ALLOWED.equals(SqlFault.sqlState(error)),
                        error -> other == null ? Mono.error(error) : other.lendOne(deed))
                .then();
    }
}
