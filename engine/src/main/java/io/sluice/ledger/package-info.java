/**
 * What survives a crash: the tables of the ledger, which live in the database that a run migrates, and the stores over them.
 * Every guard stands in the SQL; zero rows mean that the row is not ours any more.
 */
@NullMarked
package io.sluice.ledger;

import org.jspecify.annotations.NullMarked;
