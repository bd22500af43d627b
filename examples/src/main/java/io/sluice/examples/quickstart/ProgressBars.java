package io.sluice.examples.quickstart;

import java.util.LinkedHashMap;
import java.util.Map;
import me.tongfei.progressbar.InteractiveConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/** One bar per shard on the terminal of standard error, for what the shard is doing now. */
final class ProgressBars implements ProgressView {

    private static final int REDRAW_MILLIS = 250;

    private final int columns;
    private final Map<String, Bar> bars = new LinkedHashMap<>();

    ProgressBars(int columns) {
        this.columns = columns;
    }

    private record Bar(ProgressBar bar, ShardBarRenderer renderer) {}

    @Override
    public void show(ShardProgress progress) {
        Bar bar = bars.computeIfAbsent(progress.shard(), this::bar);
        bar.renderer.show(progress);
        // An estimate that was too low is no reason to draw beyond the end.
        bar.bar
                .maxHint(Math.max(1, Math.max(progress.total(), progress.rows())))
                .stepTo(progress.rows());
    }

    @Override
    public void close() {
        bars.values().forEach(bar -> bar.bar.close());
        bars.clear();
    }

    private Bar bar(String shard) {
        ShardBarRenderer renderer = new ShardBarRenderer();
        ProgressBar bar = new ProgressBarBuilder()
                .setTaskName(shard)
                .setInitialMax(1)
                .setUpdateIntervalMillis(REDRAW_MILLIS)
                .continuousUpdate()
                .setRenderer(renderer)
                // With its width given the library leaves the terminal, and its signals, alone.
                .setConsumer(new InteractiveConsoleProgressBarConsumer(System.err, columns - 1))
                .build();
        return new Bar(bar, renderer);
    }
}
