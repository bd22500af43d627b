package io.sluice.webflux.api;

import io.r2dbc.spi.R2dbcException;
import io.sluice.ConfigurationException;
import io.sluice.EnqueueFailedException;
import io.sluice.data.DefinitionException;
import io.sluice.ledger.LeaseHeldException;
import io.sluice.ledger.LeaseLostException;
import io.sluice.ledger.LedgerException;
import io.sluice.ledger.TableInUseException;
import io.sluice.run.IllegalTransitionException;
import io.sluice.run.RunNotFoundException;
import io.sluice.run.RunNotSucceededException;
import io.sluice.run.SettingsFixedException;
import io.sluice.run.SluiceException;
import io.sluice.schema.SchemaDefinitionException;
import io.sluice.schema.StatementRunsException;
import io.sluice.sql.DatabaseUnreachableException;
import io.sluice.sql.SqlFault;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/**
 * The errors of the engine as problem details (<a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a>). Their messages name
 * no values of rows: the engine sees to that.
 */
@RestControllerAdvice(basePackageClasses = Problems.class)
@Order(Ordered.HIGHEST_PRECEDENCE)
class Problems {

    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

    /** A NUL in a text, and in one of JSON: {@code character_not_in_repertoire}, {@code untranslatable_character}. */
    private static final Set<String> CANNOT_BE_TEXT = Set.of("22021", "22P05");

    private final Unreachable unreachable;

    Problems(Unreachable unreachable) {
        this.unreachable = unreachable;
    }

    @ExceptionHandler
    ProblemDetail illegalTransition(IllegalTransitionException e) {
        ProblemDetail problem = problem(HttpStatus.CONFLICT, "The run does not stand where it could be asked this", e);
        problem.setProperty("run", e.run().toString());
        problem.setProperty("runStatus", e.status().name());
        problem.setProperty(
                "allowed",
                e.allowed().stream()
                        .map(verb -> verb.name().toLowerCase(Locale.ROOT))
                        .toList());
        return problem;
    }

    @ExceptionHandler
    ProblemDetail settingsFixed(SettingsFixedException e) {
        ProblemDetail problem = problem(HttpStatus.CONFLICT, "The settings of the run cannot be changed", e);
        problem.setProperty("run", e.run().toString());
        problem.setProperty("runStatus", e.status().name());
        return problem;
    }

    @ExceptionHandler
    ProblemDetail enqueueFailed(EnqueueFailedException e, ServerHttpRequest request) {
        if (e.done() == 0 && e.getCause() instanceof SluiceException first) {
            ProblemDetail nowhere = ofTheEngine(first, request);
            boolean alike =
                    e.failures().values().stream().allMatch(it -> it.getClass().equals(first.getClass()));
            if (alike && HttpStatus.valueOf(nowhere.getStatus()).is4xxClientError()) {
                return nowhere;
            }
        }
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(
                HttpStatus.BAD_GATEWAY,
                "it was not enqueued on " + new TreeSet<>(e.failures().keySet())
                        + (e.done() == 0 ? "" : "; on " + e.done() + " other shards it was and stays")
                        + "; repeat it when the causes are mended");
        problem.setTitle("It could not be enqueued everywhere");
        problem.setProperty(
                "failures",
                e.failures().entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey, it -> unreachable.told(it.getKey(), it.getValue()))));
        return problem;
    }

    @ExceptionHandler
    ProblemDetail ofTheEngine(SluiceException e, ServerHttpRequest request) {
        if (e instanceof RunNotFoundException) {
            return problem(HttpStatus.NOT_FOUND, "There is no such run", e);
        }
        if (e instanceof ConfigurationException) {
            boolean reads = HttpMethod.GET.equals(request.getMethod());
            return problem(reads ? HttpStatus.NOT_FOUND : HttpStatus.BAD_REQUEST, "There is no such name here", e);
        }
        if (e instanceof DefinitionException || e instanceof SchemaDefinitionException) {
            return problem(HttpStatus.BAD_REQUEST, "The migration cannot be made from this", e);
        }
        if (e instanceof DatabaseUnreachableException away) {
            return problem(
                    HttpStatus.SERVICE_UNAVAILABLE,
                    "The ledger of the shard cannot be used now",
                    unreachable.told(away.shard(), away));
        }
        if (e instanceof LedgerException) {
            return problem(HttpStatus.SERVICE_UNAVAILABLE, "The ledger of the shard cannot be used now", e);
        }
        if (e instanceof LeaseHeldException
                || e instanceof LeaseLostException
                || e instanceof RunNotSucceededException
                || e instanceof StatementRunsException
                || e instanceof TableInUseException) {
            return problem(HttpStatus.CONFLICT, "The run is not where it was to be", e);
        }
        return problem(HttpStatus.INTERNAL_SERVER_ERROR, "It could not be done", e);
    }

    /** The database broke off in the middle of something, or would not have it. What it says may hold values of rows. */
    @ExceptionHandler
    ProblemDetail ofTheDatabase(R2dbcException e) {
        String state = SqlFault.sqlState(e);
        if (state != null && CANNOT_BE_TEXT.contains(state)) {
            ProblemDetail problem = ProblemDetail.forStatusAndDetail(
                    HttpStatus.BAD_REQUEST, "a value holds a character that no text of the database can hold");
            problem.setTitle("The request cannot be understood");
            return problem;
        }
        if (!SqlFault.of(e).isTransient()) {
            LOG.error("a request ended with an error of the database", e);
            return RequestProblems.notDone();
        }
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(
                HttpStatus.SERVICE_UNAVAILABLE,
                "the database broke off (" + SqlFault.kind(e)
                        + "): ask again; where something was to be changed, look first whether it was");
        problem.setTitle("The database broke off");
        return problem;
    }

    @ExceptionHandler
    ProblemDetail refused(RefusedException e) {
        return problem(HttpStatus.FORBIDDEN, "It may not be changed here", e);
    }

    /** Of a parameter or a setting: the message says what it must be. */
    @ExceptionHandler
    ProblemDetail meaningless(IllegalArgumentException e) {
        return problem(HttpStatus.BAD_REQUEST, "A value cannot be meant", e);
    }

    private static ProblemDetail problem(HttpStatus status, String title, Exception e) {
        return problem(status, title, String.valueOf(e.getMessage()));
    }

    private static ProblemDetail problem(HttpStatus status, String title, String detail) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
        problem.setTitle(title);
        return problem;
    }
}
