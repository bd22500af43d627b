package io.sluice.examples.quickstart;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import me.tongfei.progressbar.DefaultProgressBarRenderer;
import me.tongfei.progressbar.ProgressBarStyle;
import me.tongfei.progressbar.ProgressState;
import org.jspecify.annotations.Nullable;

/** Draws the bar of one shard, with the rate and the ETA that Sluice tells instead of averages since the bar began. */
final class ShardBarRenderer extends DefaultProgressBarRenderer {

    private volatile @Nullable ShardProgress shown;

    ShardBarRenderer() {
        super(
                ProgressBarStyle.ASCII,
                " rows",
                1,
                true,
                new DecimalFormat("#,##0", DecimalFormatSymbols.getInstance(Locale.ROOT)),
                ChronoUnit.SECONDS,
                false,
                state -> Optional.empty());
    }

    void show(ShardProgress progress) {
        this.shown = progress;
    }

    @Override
    protected String ratio(ProgressState state) {
        ShardProgress progress = shown;
        return progress == null
                ? ""
                : String.format(
                        Locale.ROOT,
                        "%,d/%s%,d",
                        progress.rows(),
                        progress.estimated() ? "~" : "",
                        Math.max(progress.rows(), progress.total()));
    }

    @Override
    protected String speed(ProgressState state) {
        ShardProgress progress = shown;
        if (progress == null) {
            return "";
        }
        Duration eta = progress.eta();
        String rate =
                progress.rowsPerSecond() > 0 ? String.format(Locale.ROOT, "%,.0f/s ", progress.rowsPerSecond()) : "";
        String left = eta == null || progress.over() ? "" : "ETA ~" + eta.toSeconds() + "s ";
        return rate + left + progress.doing();
    }
}
