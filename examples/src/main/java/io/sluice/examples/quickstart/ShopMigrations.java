package io.sluice.examples.quickstart;

import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import java.util.List;

/** What is done to the customers, in this order on each shard. */
final class ShopMigrations {

    /** What every customer gets, once. */
    static final int POINTS = 100;

    private static final Source CUSTOMERS = Source.table("quickstart.customers");

    /** Not idempotent: a row that it passed twice, or never, shows in the end. */
    static final DataMigration ADD_POINTS = DataMigration.of(
            "customers-add-points",
            Work.sql(
                            CUSTOMERS,
                            "update quickstart.customers set loyalty_points = loyalty_points + {points}::int where {batch}")
                    .bind("points", POINTS));

    /** Fills a column; rows that are left are counted at the end, and swept. */
    static final DataMigration LOWER_EMAILS = DataMigration.of(
            "customers-lower-emails",
            Work.sql(CUSTOMERS, "update quickstart.customers set email_lower = lower(email) where {batch}")
                    .remaining("email_lower is null"));

    static final List<DataMigration> ALL = List.of(ADD_POINTS, LOWER_EMAILS);

    private ShopMigrations() {}
}
