package io.sluice.examples.quickstart;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** The quickstart itself: rows are made, migrated and verified. It blocks the thread of {@code main}, and no other. */
final class Tour {

    private static final long ROWS_BY_DEFAULT = 1_000_000;
    private static final Duration ANSWERS_WITHIN = Duration.ofMinutes(1);

    private final ShopDatabases databases;
    private final @Nullable Long wanted;
    private final Backfill backfill;
    private final Interruption interruption;
    private final List<Customers> customers;

    /** @param wanted rows in all; null: as many as an earlier start planned, or a million */
    Tour(ShopDatabases databases, @Nullable Long wanted, Backfill backfill, Interruption interruption) {
        this.databases = databases;
        this.wanted = wanted;
        this.backfill = backfill;
        this.interruption = interruption;
        this.customers = databases.shards().stream().map(Customers::new).toList();
    }

    Outcome take() {
        long rows = rows();
        make(rows);
        if (interruption.isAsked()) {
            return stopped(rows);
        }
        backfill.begin();
        say(backfill.description());
        watch(backfill.progress());
        return interruption.isAsked() ? stopped(rows) : verified(rows, backfill.end());
    }

    private long rows() {
        Long planned = Flux.fromIterable(customers)
                .concatMap(Customers::planned)
                .next()
                .block(ANSWERS_WITHIN);
        if (planned != null && wanted != null && !planned.equals(wanted)) {
            throw new IllegalArgumentException("the shop there has " + planned + " rows, not " + wanted
                    + ": leave --rows out, or choose another place");
        }
        return planned != null ? planned : wanted != null ? wanted : ROWS_BY_DEFAULT;
    }

    private void make(long rows) {
        say(String.format("Making %,d customers, if they are not there", rows));
        watch(Flux.fromIterable(databases.shards())
                .flatMap(
                        shard -> new Customers(shard).make(rows).map(made -> ShardProgress.ofMaking(shard, made, rows)),
                        databases.shards().size()));
    }

    private void watch(Flux<ShardProgress> progress) {
        try (ProgressView view = ProgressView.create()) {
            progress.takeUntilOther(interruption.asked()).toIterable(1).forEach(view::show);
        }
    }

    private Outcome verified(long rows, Backfill.End end) {
        say("Looking at every row");
        Tally tally = Objects.requireNonNull(Flux.fromIterable(customers)
                .flatMap(Customers::tally, customers.size())
                .reduce(Tally.NOTHING, Tally::plus)
                .block());
        say(tally.describe());
        end.failures().forEach(Tour::say);
        long perSecond = end.seconds() == 0 ? 0 : Math.round(end.rowsThroughAll() / end.seconds());
        return new Outcome(end.status(), rows, end.seconds(), perSecond, tally.isRight(rows));
    }

    private Outcome stopped(long rows) {
        say("Stopped: what was leased is handed back"
                + (databases.isLasting() ? "; started again on the same databases it goes on where it was" : ""));
        return Outcome.stopped(rows);
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
