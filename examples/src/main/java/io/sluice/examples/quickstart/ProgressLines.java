package io.sluice.examples.quickstart;

import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Plain lines on standard output, about one a second per shard, for logs and pipes. */
final class ProgressLines implements ProgressView {

    private static final Duration EVERY = Duration.ofMillis(900);

    private record Shown(String doing, boolean over, long nanos) {}

    private final Map<String, Shown> shown = new HashMap<>();

    @Override
    public void show(ShardProgress progress) {
        long now = System.nanoTime();
        Shown last = shown.get(progress.shard());
        boolean news = last == null
                || !last.doing.equals(progress.doing())
                || last.over != progress.over()
                || now - last.nanos >= EVERY.toNanos();
        if (news) {
            shown.put(progress.shard(), new Shown(progress.doing(), progress.over(), now));
            System.out.println(line(progress));
        }
    }

    @Override
    public void close() {
        System.out.flush();
    }

    static String line(ShardProgress progress) {
        Duration eta = progress.eta();
        return String.format(
                Locale.ROOT,
                "%s  %,d of %s%,d rows (%s)%s%s  %s",
                progress.shard(),
                progress.rows(),
                progress.estimated() ? "about " : "",
                progress.total(),
                percent(progress),
                progress.rowsPerSecond() > 0
                        ? String.format(Locale.ROOT, "  %,.0f rows/s", progress.rowsPerSecond())
                        : "",
                eta == null || progress.over() ? "" : "  ETA " + eta.toSeconds() + " s (estimate)",
                progress.doing());
    }

    private static String percent(ShardProgress progress) {
        boolean done = progress.over() && progress.rows() >= progress.total();
        long percent = progress.total() == 0 ? 0 : 100 * progress.rows() / progress.total();
        return (done ? 100 : Math.min(percent, 99)) + " %";
    }
}
