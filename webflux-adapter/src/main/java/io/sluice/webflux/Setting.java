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
            throw new InvalidConfigurationPropertyValueException(property, value, String.valueOf(e.getMessage()));
        }
    }

    /**
     * What is made of an address. It may hold a password, so neither it nor what is said against it, which quotes it, is shown. Spring
     * Boot prints the value of the property that a failure names: this one names the group.
     */
    static <T> T ofAddress(String group, String property, String address, Function<String, T> made) {
        try {
            return made.apply(address);
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new InvalidConfigurationPropertyValueException(
                    group,
                    "…",
                    property
                            + " must be an address like r2dbc:postgresql://host:5432/name; it is not shown, as it may hold a"
                            + " password. Characters that an address gives a meaning, as in a password, are percent-encoded,"
                            + " or given as username and password");
        }
    }

    /** The settings changed, if there is a value. */
    static <S, V> S change(String property, S settings, @Nullable V value, Function<V, UnaryOperator<S>> change) {
        return value == null
                ? settings
                : of(property, value, it -> change.apply(it).apply(settings));
    }
}
