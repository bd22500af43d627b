package io.sluice.ledger;

import io.r2dbc.postgresql.api.ErrorDetails;
import io.r2dbc.postgresql.api.PostgresqlException;
import io.sluice.run.Failure;
import io.sluice.run.SluiceException;
import io.sluice.sql.SqlFault;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Turns an error into what may be kept of it. The server's DETAIL, HINT and CONTEXT are never read, for they show rows; what
 * is quoted in the message is masked, for it may be a value. Quoted names are kept where the class of the SQLSTATE says that
 * they are names: <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">PostgreSQL Error Codes</a>.
 */
public final class FailureReport {

    private static final int MAX_STACK = 8_000;
    private static final int MAX_MESSAGE = 2_000;
    private static final int MOST_FRAMES = 40;

    /**
     * From the first quote to the last, or to the end if there is but one: a value may hold quotes itself, so where the first one
     * closes cannot be known. Better to lose a name between two values than to keep a part of one. An apostrophe opens nothing.
     */
    private static final Pattern SINGLE_QUOTED = Pattern.compile("(?<![\\p{L}\\p{N}])'(?:.*'|.*)", Pattern.DOTALL);

    /** Likewise, with the quotes of servers that speak other languages. */
    private static final Pattern DOUBLE_QUOTED = Pattern.compile("[\"«»„“”](?:.*[\"«»„“”]|.*)", Pattern.DOTALL);

    /** Connection, constraint violation, transaction, rights and names, resources, state, operator, system: no values. */
    private static final Set<String> NAMES_ONLY =
            Set.of("08", "23", "25", "40", "42", "53", "55", "57", "58", "3F", "0A");

    /** Frames of those who only pass signals and bytes on: they stand in every trace and say nothing of its cause. */
    private static final Pattern PLUMBING =
            Pattern.compile("(reactor|io\\.netty|java\\.util\\.concurrent)\\..*|java\\.lang\\.Thread");

    /** What is kept of a stack unless said otherwise: everything but Reactor, Netty and the threads below them. */
    public static final Predicate<StackTraceElement> WITHOUT_PLUMBING =
            frame -> !PLUMBING.matcher(frame.getClassName()).matches();

    private final boolean keepMessages;
    private final Predicate<StackTraceElement> frames;

    /** Frames are those of {@link #WITHOUT_PLUMBING}. */
    public FailureReport(boolean keepMessages) {
        this(keepMessages, WITHOUT_PLUMBING);
    }

    /**
     * @param keepMessages keep messages as they are; only for databases whose values may be read by every operator
     * @param frames which frames of a stack are kept; where it throws, the frame is
     */
    public FailureReport(boolean keepMessages, Predicate<StackTraceElement> frames) {
        this.keepMessages = keepMessages;
        this.frames = frames;
    }

    public Failure of(Throwable error) {
        Throwable cause = nearestDatabaseError(error);
        Throwable told = error instanceof SluiceException own && own.tellsMoreThanItsCause() ? own : cause;
        ErrorDetails details = cause instanceof PostgresqlException pg ? pg.getErrorDetails() : null;
        return new Failure(
                told.getClass().getName(),
                cut(message(told), MAX_MESSAGE),
                SqlFault.sqlState(cause),
                details == null ? null : details.getConstraintName().orElse(null),
                details == null ? null : details.getTableName().orElse(null),
                details == null ? null : details.getColumnName().orElse(null),
                cut(stack(error), MAX_STACK));
    }

    private static Throwable nearestDatabaseError(Throwable error) {
        return SqlFault.causes(error).stream()
                .filter(cause -> SqlFault.sqlState(cause) != null)
                .findFirst()
                .orElse(error);
    }

    private String message(Throwable error) {
        String message = error.getMessage() == null ? "" : error.getMessage();
        if (keepMessages || error instanceof SluiceException) {
            return message;
        }
        String masked = SINGLE_QUOTED.matcher(message).replaceAll("'…'");
        String state = SqlFault.sqlState(error);
        boolean namesOnly = state != null && state.length() == 5 && NAMES_ONLY.contains(state.substring(0, 2));
        return namesOnly ? masked : DOUBLE_QUOTED.matcher(masked).replaceAll("\"…\"");
    }

    /** Classes and frames only: the first line that a stack trace has for each cause would repeat its message. */
    private String stack(Throwable error) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause : SqlFault.causes(error)) {
            text.append(text.isEmpty() ? "" : "caused by ")
                    .append(cause.getClass().getName())
                    .append('\n');
            // the first frames of each: all of the first would leave no room for the cause
            Arrays.stream(cause.getStackTrace())
                    .filter(this::isKept)
                    .limit(MOST_FRAMES)
                    .forEach(frame -> text.append("  at ").append(frame).append('\n'));
        }
        return text.toString();
    }

    /** A filter that fails must not hide the error that is told. */
    private boolean isKept(StackTraceElement frame) {
        try {
            return frames.test(frame);
        } catch (RuntimeException e) {
            return true;
        }
    }

    private static String cut(String text, int length) {
        String kept = text.length() <= length ? text : text.substring(0, length);
        // a text of PostgreSQL has no NUL
        return kept.replace('\0', ' ');
    }

    /** The columns of a failure in their order, for binding; all null for no failure. */
    static @Nullable Object[] columns(@Nullable Failure failure) {
        return failure == null
                ? new @Nullable Object[7]
                : new @Nullable Object[] {
                    failure.errorClass(),
                    failure.message(),
                    failure.sqlState(),
                    failure.constraint(),
                    failure.table(),
                    failure.column(),
                    failure.stack()
                };
    }
}
