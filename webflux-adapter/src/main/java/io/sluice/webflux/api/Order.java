package io.sluice.webflux.api;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.sluice.Enqueued;
import io.sluice.Sluice;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** What is to be enqueued over HTTP. Its kind says which of the two it is: data, if it says nothing. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind", visible = true, defaultImpl = DataOrder.class)
@JsonSubTypes({
    @JsonSubTypes.Type(
            value = DataOrder.class,
            names = {"data", "DATA"}),
    @JsonSubTypes.Type(
            value = SchemaOrder.class,
            names = {"schema", "SCHEMA"})
})
sealed interface Order extends Strict permits DataOrder, SchemaOrder {

    @Nullable
    String kind();

    /** Throws {@link IllegalArgumentException} where it cannot be meant. */
    Flux<Enqueued> enqueue(Sluice sluice, Orderable orderable);
}
