package io.sluice.benchmarks.sidebyside;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The median of ratios, each of two runs of one round, with a 95 % confidence interval: of the median by the bootstrap (B. Efron, <a
 * href="https://doi.org/10.1214/aos/1176344552">1979</a>). Of fewer than six pairs that cannot reach 95 %, as it never goes beyond the
 * least and the greatest, which have the median between them in 94 % of five and 75 % of three; so it is of the mean by Student's t there.
 *
 * @param pairs how many ratios
 */
record Ratio(String key, String what, double median, double low, double high, int pairs) {

    /** A wider interval says nothing. */
    static final double WIDEST = 0.10;

    private static final int RESAMPLES = 10_000;

    /** Two-sided, 95 %, of so many pairs and one less degree of freedom. */
    private static final Map<Integer, Double> STUDENT = Map.of(2, 12.706, 3, 4.303, 4, 3.182, 5, 2.776);

    static Ratio of(String key, String what, List<Double> ratios) {
        double[] interval = ratios.size() < 6 ? ofFew(ratios) : ofMany(ratios);
        return new Ratio(key, what, median(ratios), interval[0], interval[1], ratios.size());
    }

    private static double[] ofFew(List<Double> ratios) {
        double mean = ratios.stream().mapToDouble(it -> it).average().orElse(Double.NaN);
        double squares =
                ratios.stream().mapToDouble(it -> (it - mean) * (it - mean)).sum();
        int n = ratios.size();
        double half = STUDENT.getOrDefault(n, Double.NaN) * Math.sqrt(squares / (n - 1) / n);
        return new double[] {mean - half, mean + half};
    }

    private static double[] ofMany(List<Double> ratios) {
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
        return new double[] {medians[(int) (RESAMPLES * 0.025)], medians[(int) (RESAMPLES * 0.975)]};
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
        return (high - low) / 2;
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
