package io.sluice.examples;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Result;
import io.r2dbc.spi.Statement;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.ItemSource;
import io.sluice.data.Work;
import io.sluice.testkit.Database;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** How do I bring in what is no table: the pages of an API, the lines of a file? */
public final class ItemsFromElsewhere {

    private ItemsFromElsewhere() {}

    private record Award(long customer, int points) {}

    /** Stands for a service with awards that are asked for from a number on; the cursor is the number of the last one. */
    private static final class Awards implements ItemSource<Award> {

        private static final int ALL = 3_000;

        @Override
        public Publisher<Item<Award>> after(@Nullable String cursor) {
            int done = cursor == null ? 0 : Integer.parseInt(cursor);
            return Flux.range(done + 1, ALL - done)
                    .map(number -> new Item<>(new Award(number, number % 7), String.valueOf(number)));
        }

        @Override
        public Mono<Long> count() {
            return Mono.just((long) ALL);
        }
    }

    /** The changes and the cursor commit together: what came before a crash is neither lost nor done twice. */
    private static Publisher<Long> award(Connection connection, List<Award> awards) {
        Statement statement =
                connection.createStatement("update customers set loyalty_points = loyalty_points + $2 where id = $1");
        for (int place = 0; place < awards.size(); place++) {
            if (place > 0) {
                statement.add();
            }
            statement
                    .bind(0, awards.get(place).customer())
                    .bind(1, awards.get(place).points());
        }
        return Flux.from(statement.execute()).concatMap(Result::getRowsUpdated);
    }

    /** Runs it on a database of its own. */
    public static void main(String[] args) {
        try (Database database = Shop.withCustomers(5_000)) {
            Sluice sluice = Sluice.builder()
                    .shard("shop", database.connectionFactory())
                    .migrations(DataMigration.of("import-awards", Work.items(new Awards(), ItemsFromElsewhere::award)))
                    .build();
            sluice.install()
                    .thenMany(sluice.enqueue(Enqueue.of("import-awards").inline()))
                    .blockLast();
            Shop.tell(database, "loyalty_points = case when id <= 3000 then id % 7 else 0 end");
            sluice.close().block();
        }
    }
}
