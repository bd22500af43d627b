package io.sluice.sql;

import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.R2dbcTimeoutException;
import io.sluice.run.SluiceException;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an error of the database means for the one who tries again. The table is that of
 * <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">PostgreSQL Error Codes</a>.
 */
public enum SqlFault {
    /** The connection is gone, or there was none to be had; what was in flight may or may not have committed. */
    CONNECTION(true),
    /** The server stops, starts or recovers, or somebody terminated the backend. */
    SHUTDOWN(true),
    /** The server has no connection or memory to spare just now. */
    RESOURCES(true),
    /** A lock was not to be had in time. */
    LOCK_TIMEOUT(true),
    /** This one was chosen to give way. */
    DEADLOCK(true),
    /** Not serialisable just now. */
    SERIALIZATION(true),
    /** Cancelled: by the statement timeout, or by somebody's request. */
    TIMEOUT(false),
    /** Everything else: trying the same again will most likely fail the same. */
    PERMANENT(false);

    /** More than any error has; causes may also go round in a circle. */
    private static final int MOST_CAUSES = 100;

    /** Classes of SQLSTATE: transaction state, authorization, names, syntax and rights, configuration, internal error. */
    private static final Set<String> OF_THE_WHOLE = Set.of("25", "28", "3D", "3F", "42", "F0", "XX");

    private static final Set<String> SHUTDOWNS = Set.of("57P01", "57P02", "57P03", "57P05");

    private final boolean passing;

    SqlFault(boolean passing) {
        this.passing = passing;
    }

    /** True where the same call may well succeed a moment later. */
    public boolean isTransient() {
        return passing;
    }

    /**
     * False where no single row can be to blame: rights, names and syntax, a server that writes nothing, its own defects.
     *
     * @param error the error that this is the fault of
     */
    public boolean mayBeOfOneRow(Throwable error) {
        return this != PERMANENT
                || (!(error instanceof SluiceException)
                        && causes(error).stream()
                                .map(SqlFault::sqlState)
                                .noneMatch(state -> state != null && OF_THE_WHOLE.contains(state.substring(0, 2))));
    }

    /** Judges an error by the SQLSTATE of the nearest cause that has one. */
    public static SqlFault of(Throwable error) {
        for (Throwable cause : causes(error)) {
            if (cause instanceof DatabaseUnreachableException) {
                return CONNECTION;
            }
            if (cause instanceof SluiceException && cause.getCause() == null) {
                return PERMANENT;
            }
            String state = sqlState(cause);
            if (state != null) {
                return ofState(state);
            }
            if (cause instanceof IOException
                    || cause instanceof TimeoutException
                    || cause instanceof R2dbcTimeoutException) {
                return CONNECTION;
            }
        }
        return PERMANENT;
    }

    /** What kind of error it is, for reasons that are kept: its message may have values in it. */
    public static String kind(Throwable error) {
        String state = sqlState(error);
        return error.getClass().getSimpleName() + (state == null ? "" : " [" + state + "]");
    }

    /** The error and its causes, outermost first. */
    public static List<Throwable> causes(Throwable error) {
        return Stream.iterate(error, Objects::nonNull, Throwable::getCause)
                .limit(MOST_CAUSES)
                .toList();
    }

    /** The SQLSTATE that an error carries itself; null when it carries none. */
    public static @Nullable String sqlState(Throwable error) {
        return error instanceof R2dbcException r2dbc ? r2dbc.getSqlState() : null;
    }

    private static SqlFault ofState(String state) {
        if (SHUTDOWNS.contains(state)) {
            return SHUTDOWN;
        }
        return switch (state) {
            case "55P03" -> LOCK_TIMEOUT;
            case "40P01" -> DEADLOCK;
            case "40001" -> SERIALIZATION;
            case "57014" -> TIMEOUT;
            // idle-in-transaction timeout: the transaction is gone with its connection
            case "25P03" -> CONNECTION;
            default -> state.startsWith("08") ? CONNECTION : state.startsWith("53") ? RESOURCES : PERMANENT;
        };
    }
}
