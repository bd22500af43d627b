package io.sluice.examples;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Readable;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.Batch;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.testkit.Database;
import java.util.List;
import java.util.Locale;
import org.reactivestreams.Publisher;

/** How do I change rows with Java code, because SQL cannot say it? */
public final class CodeBackfill {

    private static final DataMigration FILL_SLUGS = DataMigration.of(
            "customers-fill-slugs",
            Work.code(Source.table("customers"), CodeBackfill::fill).remaining("slug is null"));

    private CodeBackfill() {}

    private record Slug(long customer, String text) {

        static Slug of(Readable row) {
            String name = requireNonNull(row.get("name", String.class));
            return new Slug(
                    requireNonNull(row.get("id", Long.class)),
                    name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-"));
        }
    }

    /**
     * Rows stream in one by one; the change waits until the last of the sub-batch has come, as a connection does one statement
     * at a time. All of it commits together with the checkpoint.
     */
    private static Publisher<Long> fill(Batch batch) {
        return batch.rows("select id, name from customers where {batch}", Slug::of)
                .collectList()
                .flatMap(slugs -> batch.update(
                        "update customers c set slug = s.slug from unnest($1::bigint[], $2::text[]) s (id, slug)"
                                + " where c.id = s.id and {batch:c}",
                        customers(slugs),
                        texts(slugs)));
    }

    private static Long[] customers(List<Slug> slugs) {
        return slugs.stream().map(Slug::customer).toArray(Long[]::new);
    }

    private static String[] texts(List<Slug> slugs) {
        return slugs.stream().map(Slug::text).toArray(String[]::new);
    }

    /** Runs it on a database of its own. */
    public static void main(String[] args) {
        try (Database database = Shop.withCustomers(25_000)) {
            Sluice sluice = Sluice.builder()
                    .shard("shop", database.connectionFactory())
                    .migrations(FILL_SLUGS)
                    .build();
            sluice.install()
                    .thenMany(sluice.enqueue(Enqueue.of("customers-fill-slugs").inline()))
                    .blockLast();
            Shop.tell(database, "slug = 'customer-no-' || id");
            sluice.close().block();
        }
    }
}
