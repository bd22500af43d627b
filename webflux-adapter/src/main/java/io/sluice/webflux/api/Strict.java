package io.sluice.webflux.api;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A body of a request that has no other fields than its own, whatever the application allows in its bodies: a misspelt one must
 * not pass for an option that was not given.
 */
interface Strict {

    /** Throws {@link IllegalArgumentException} always: it is given what no field takes. */
    @JsonAnySetter
    default void unknown(String name, @Nullable Object value) {
        throw new IllegalArgumentException("there is no field '" + name + "'; there are "
                + Arrays.stream(getClass().getRecordComponents())
                        .map(RecordComponent::getName)
                        .toList());
    }
}
