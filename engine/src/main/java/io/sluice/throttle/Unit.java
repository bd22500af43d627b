package io.sluice.throttle;

import java.util.Locale;

/** In what a signal measures, and how that is written for people. */
enum Unit {
    MILLISECONDS {
        @Override
        String words(double value) {
            return value < 1_000
                    ? Math.round(value) + " ms"
                    : value < 10_000
                            ? decimal(value / 1_000) + " s"
                            : value < 120_000
                                    ? Math.round(value / 1_000) + " s"
                                    : value < 7_200_000
                                            ? Math.round(value / 60_000) + " min"
                                            : Math.round(value / 3_600_000) + " h";
        }
    },
    BYTES {
        @Override
        String words(double value) {
            return value < KIB
                    ? Math.round(value) + " bytes"
                    : value < KIB * KIB
                            ? Math.round(value / KIB) + " KiB"
                            : value < KIB * KIB * KIB
                                    ? Math.round(value / KIB / KIB) + " MiB"
                                    : decimal(value / KIB / KIB / KIB) + " GiB";
        }
    },
    COUNT {
        @Override
        String words(double value) {
            return decimal(value);
        }
    },
    SHARE {
        @Override
        String words(double value) {
            return decimal(100 * value) + " %";
        }
    };

    private static final double KIB = 1024;

    abstract String words(double value);

    /** With one decimal where it is not 0. */
    private static String decimal(double value) {
        long tenths = Math.round(10 * value);
        return tenths % 10 == 0 ? Long.toString(tenths / 10) : String.format(Locale.ROOT, "%.1f", tenths / 10.0);
    }
}
