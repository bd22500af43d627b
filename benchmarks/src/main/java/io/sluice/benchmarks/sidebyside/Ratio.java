package io.sluice.benchmarks.sidebyside;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The median of ratios, each of two runs of one round, with the 95 % confidence interval of that median by the bootstrap
 * (B. Efron, <a href="https://doi.org/10.1214/aos/1176344552">1979</a>).
 *
 * @param pairs how many ratios
 */
record Ratio(String key, String what, double median, double low, double high, int pairs) {

    /** A wider interval says nothing. */
    static final double WIDEST = 0.10;

    private static final int RESAMPLES = 10_000;

    static Ratio of(String key, String what, List<Double> ratios) {
        if (ratios.isEmpty()) {
            return new Ratio(key, what, Double.NaN, Double.NaN, Double.NaN, 0);
        }
        Random random = new Random(20_260_101);
        double[] medians = new double[RESAMPLES];
        for (int i = 0; i < RESAMPLES; i++) {
            List<Double> sample = new ArrayList<>();
            for (int j = 0; j < ratios.size(); j++) {
                sample.add(ratios.get(random.nextInt(ratios.size())));
            }
            medians[i] = median(sample);
        }
        Arrays.sort(medians);
        return new Ratio(
                key,
                what,
                median(ratios),
                medians[(int) (RESAMPLES * 0.025)],
                medians[(int) (RESAMPLES * 0.975)],
                ratios.size());
    }

    static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(it -> it).sorted().toArray();
        int half = sorted.length / 2;
        return sorted.length == 0
                ? Double.NaN
                : sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /** Half of the interval; NaN of less than two pairs, which have none. */
    double spread() {
        return pairs < 2 ? Double.NaN : (high - low) / 2;
    }

    boolean isKnown() {
        return spread() <= WIDEST;
    }

    /** The median; null where its interval is too wide to tell. */
    @Nullable
    Double known() {
        return isKnown() ? (Double) rounded(median) : null;
    }

    @Nullable
    Double roundedSpread() {
        return Double.isNaN(spread()) ? null : (Double) rounded(spread());
    }

    double rounded() {
        return rounded(median);
    }

    private static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
