package io.sluice.webflux.api;

/** Why a request is refused. The caller must act. */
final class RefusedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    RefusedException(String reason) {
        super(reason);
    }
}
