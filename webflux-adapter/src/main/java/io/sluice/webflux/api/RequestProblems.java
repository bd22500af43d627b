package io.sluice.webflux.api;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.core.annotation.Order;
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
 * Errors of requests that no controller is asked about, such as a body that is no JSON or a method that there is not, as problem
 * details (<a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a>). Below the path of the API only: how the rest of the
 * application answers is its own affair.
 */
@Order(RequestProblems.BEFORE_THAT_OF_BOOT)
final class RequestProblems implements WebExceptionHandler {

    static final int BEFORE_THAT_OF_BOOT = -2;

    private final String path;
    private final ServerResponse.Context context;

    RequestProblems(String path, ServerCodecConfigurer codecs) {
        this.path = path;
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
        boolean ours = asked.equals(path) || asked.startsWith(path + "/");
        if (!ours
                || !(error instanceof ErrorResponse problem)
                || exchange.getResponse().isCommitted()) {
            return Mono.error(error);
        }
        return ServerResponse.status(problem.getStatusCode())
                .headers(headers -> headers.addAll(problem.getHeaders()))
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .bodyValue(body(problem))
                .flatMap(answer -> answer.writeTo(exchange, context));
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
