/**
 * The quickstart in reading order: {@code QuickstartCommand} takes the options, {@code ShopDatabases} opens the databases,
 * {@code Customers} makes and verifies rows, {@code ShopMigrations} declares what is done to them, {@code Backfill} runs it.
 */
@NullMarked
package io.sluice.examples.quickstart;

import org.jspecify.annotations.NullMarked;
