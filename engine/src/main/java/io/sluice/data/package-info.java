/**
 * Data migrations: what a developer declares ({@link io.sluice.data.DataMigration} over a {@link io.sluice.data.Source}), and
 * the pipeline that walks its keys in batches, each sub-batch one transaction with its checkpoint.
 */
@NullMarked
package io.sluice.data;

import org.jspecify.annotations.NullMarked;
