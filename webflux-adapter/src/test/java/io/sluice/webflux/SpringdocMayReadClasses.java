package io.sluice.webflux;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/** Springdoc looks through the class path when its document is asked for the first time, in the thread that serves the request. */
public final class SpringdocMayReadClasses implements BlockHoundIntegration {

    @Override
    public void applyTo(BlockHound.Builder builder) {
        builder.allowBlockingCallsInside("org.springdoc.webflux.api.OpenApiResource", "openapiJson");
    }
}
