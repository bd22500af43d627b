package io.sluice.webflux;

import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/** Gives a value of a property to the engine; what the engine says against it names the property. */
final class Setting {

    private Setting() {}

    /** What the engine makes of the value. */
    static <V, T> T of(String property, V value, Function<V, T> given) {
        try {
            return given.apply(value);
        } catch (IllegalArgumentException | IllegalStateException e) {
            // the value of an address may hold a password: it is not shown
            Object shown = value instanceof String text && text.contains("://") ? "…" : value;
            throw new InvalidConfigurationPropertyValueException(property, shown, String.valueOf(e.getMessage()));
        }
    }

    /** The settings changed, if there is a value. */
    static <S, V> S change(String property, S settings, @Nullable V value, Function<V, UnaryOperator<S>> change) {
        return value == null
                ? settings
                : of(property, value, it -> change.apply(it).apply(settings));
    }
}
