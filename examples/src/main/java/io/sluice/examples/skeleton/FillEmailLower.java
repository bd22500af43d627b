package io.sluice.examples.skeleton;

import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;

/**
 * The declaration. Copy it, and give yours:
 *
 * <ul>
 *   <li>a name of its own. It is the identity of the migration in the ledger, so it must stay as it is once it was enqueued
 *   <li>the table, walked by its primary key ({@code .by("index")} for another unique index, {@code .where(…)} for some rows)
 *   <li>the statement, with {@code {batch}} where the rows are chosen
 *   <li>what remains, if it can be told by looking at a row: it is counted at the end, and swept
 * </ul>
 *
 * <p>Rows that are inserted while it runs are the application's to write in the new form, from before it is enqueued.
 */
public final class FillEmailLower {

    /** Identity of the migration in the ledger. */
    public static final String NAME = "2026-11-customers-fill-email-lower";

    private FillEmailLower() {}

    /** To be given to {@code Sluice.builder().migrations(…)}; as a bean, if you have such. */
    public static DataMigration declaration() {
        return DataMigration.of(
                        NAME,
                        Work.sql(
                                        Source.table("customers"),
                                        "update customers set email_lower = lower(email) where {batch}")
                                .remaining("email_lower is distinct from lower(email)"))
                .with(settings -> settings.withBatchSize(10_000).withSubBatchSize(1_000));
    }
}
