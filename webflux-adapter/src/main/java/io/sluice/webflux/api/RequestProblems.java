package io.sluice.webflux.api;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.codec.HttpMessageWriter;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.web.ErrorResponse;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.reactive.result.view.ViewResolver;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.ServerWebInputException;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.publisher.Mono;

/**
 * Errors of requests that no controller is asked about, such as a body that is no JSON or a method that there is not, and those that
 * nobody expects, as problem details (<a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a>). Below the path of the API only:
 * how the rest of the application answers is its own affair.
 */
@Order(RequestProblems.BEFORE_THAT_OF_BOOT)
final class RequestProblems implements WebExceptionHandler {

    static final int BEFORE_THAT_OF_BOOT = -2;

    private static final Logger LOG = LoggerFactory.getLogger(RequestProblems.class);

    private final OwnPaths paths;
    private final ServerResponse.Context context;

    RequestProblems(String path, ServerCodecConfigurer codecs) {
        this.paths = new OwnPaths(path);
        List<HttpMessageWriter<?>> writers = codecs.getWriters();
        this.context = new ServerResponse.Context() {
            @Override
            public List<HttpMessageWriter<?>> messageWriters() {
                return writers;
            }

            @Override
            public List<ViewResolver> viewResolvers() {
                return List.of();
            }
        };
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange, Throwable error) {
        String asked = exchange.getRequest().getPath().pathWithinApplication().value();
        if (!paths.has(exchange.getRequest()) || exchange.getResponse().isCommitted()) {
            return Mono.error(error);
        }
        if (error instanceof ErrorResponse problem) {
            return answer(exchange, body(problem), problem.getHeaders());
        }
        LOG.error("{} {}", exchange.getRequest().getMethod(), asked, error);
        return answer(exchange, notDone(), HttpHeaders.EMPTY);
    }

    private Mono<Void> answer(ServerWebExchange exchange, ProblemDetail body, HttpHeaders headers) {
        return ServerResponse.status(body.getStatus())
                .headers(it -> it.addAll(headers))
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .bodyValue(body)
                .flatMap(answer -> answer.writeTo(exchange, context));
    }

    /** What nobody expects is for who reads the log: its message may hold anything. */
    static ProblemDetail notDone() {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(
                HttpStatus.INTERNAL_SERVER_ERROR,
                "it could not be done; whoever runs this application finds why in its log");
        problem.setTitle("It could not be done");
        return problem;
    }

    private static ProblemDetail body(ErrorResponse problem) {
        ProblemDetail body = problem.getBody();
        String parameter = parameter(problem);
        String detail = body.getDetail() == null ? String.valueOf(body.getTitle()) : body.getDetail();
        body.setDetail(parameter == null ? detail : parameter + ": " + detail);
        return body;
    }

    /** Which of the values it is about, where Spring knows it. */
    private static @Nullable String parameter(ErrorResponse problem) {
        return problem instanceof ServerWebInputException input && input.getMethodParameter() != null
                ? input.getMethodParameter().getParameterName()
                : null;
    }
}
