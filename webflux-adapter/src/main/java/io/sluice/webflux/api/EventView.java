package io.sluice.webflux.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.sluice.event.SluiceEvent;
import io.sluice.run.Failure;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened.
 *
 * @param event what: the name of its type, such as {@code status-changed}
 * @param number its place in the journal of the shard
 * @param run absent of a gap, which is about no run
 * @param detail what else its type has; times are milliseconds
 */
@Wire
record EventView(
        String event,
        String shard,
        long number,
        @Nullable String run,
        Instant at,
        String migration,
        @JsonInclude(content = JsonInclude.Include.NON_NULL) Map<String, Object> detail) {

    /** Every type of event, those of newer kinds of runs too, is told by its components: there is no list here to keep. */
    static EventView of(SluiceEvent it) {
        SluiceEvent.Origin origin = it.origin();
        return new EventView(
                name(it),
                origin.run().shard(),
                origin.number(),
                it instanceof SluiceEvent.Gap ? null : origin.run().toString(),
                origin.at(),
                origin.migration(),
                detail(it));
    }

    /** {@code StatusChanged} is {@code status-changed}. */
    static String name(SluiceEvent it) {
        return it.getClass()
                .getSimpleName()
                .replaceAll("(?<=[a-z])(?=[A-Z])", "-")
                .toLowerCase(Locale.ROOT);
    }

    private static Map<String, Object> detail(SluiceEvent it) {
        Map<String, Object> detail = new LinkedHashMap<>();
        for (RecordComponent component : it.getClass().getRecordComponents()) {
            Object value = value(component, it);
            if (value != null && !(value instanceof SluiceEvent.Origin)) {
                detail.put(component.getName() + (value instanceof Duration ? "Millis" : ""), told(value));
            }
        }
        return detail;
    }

    private static @Nullable Object value(RecordComponent component, SluiceEvent it) {
        try {
            return component.getAccessor().invoke(it);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("an event is a public record: " + it.getClass(), e);
        }
    }

    private static Object told(Object value) {
        if (value instanceof Failure failure) {
            FailureView view = FailureView.of(failure);
            return view == null ? "" : view;
        }
        return value instanceof Duration time ? time.toMillis() : value;
    }
}
