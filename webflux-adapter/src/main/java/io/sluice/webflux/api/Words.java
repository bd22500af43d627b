package io.sluice.webflux.api;

import java.util.Arrays;
import java.util.Locale;

/** Words of requests that name one of a few things, in any case. */
final class Words {

    private Words() {}

    /** Throws {@link IllegalArgumentException} for another word: it says where it stands and which there are. */
    static <E extends Enum<E>> E of(Class<E> type, String parameter, String word) {
        E[] all = type.getEnumConstants();
        return Arrays.stream(all)
                .filter(it -> it.name().equalsIgnoreCase(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(parameter + ": there is no '" + word + "'; there are "
                        + Arrays.stream(all)
                                .map(it -> it.name().toLowerCase(Locale.ROOT))
                                .toList()));
    }
}
