package io.sluice.webflux;

import io.sluice.SluiceBuilder;

/** A bean of this type has the last word on what properties and beans made of the builder: a clock, frames of stacks, and so on. */
@FunctionalInterface
public interface SluiceBuilderCustomizer {

    void customize(SluiceBuilder builder);
}
