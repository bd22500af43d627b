package io.sluice.benchmarks.scale;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The whole numbers that an option takes; whatever else it is given is an {@link IllegalArgumentException} that says so. */
record Range(String option, long least, long most) {

    long number(String text) {
        long number;
        try {
            number = Long.parseLong(text.strip());
        } catch (NumberFormatException e) {
            throw refused(text, e);
        }
        if (number < least || number > most) {
            throw refused(text, null);
        }
        return number;
    }

    /** Several, with commas between them; the order is kept. */
    List<Long> numbers(String text) {
        return Arrays.stream(text.split(",", -1)).map(this::number).toList();
    }

    private IllegalArgumentException refused(String text, @Nullable Exception cause) {
        return new IllegalArgumentException(
                option + " must be " + least + ".." + most + ", was '" + text.strip() + "'", cause);
    }
}
