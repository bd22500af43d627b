package io.sluice.webflux;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/** The first NIO socket of a JVM has the JDK read a small file of its own, once, on whichever thread opens it. */
public final class JdkMayReadItsNetProperties implements BlockHoundIntegration {

    @Override
    public void applyTo(BlockHound.Builder builder) {
        builder.allowBlockingCallsInside("sun.net.NetProperties", "loadDefaultProperties");
    }
}
