/**
 * A skeleton to copy for a migration of your own: {@code FillEmailLower} declares it, {@code EnqueueAtDeploy} enqueues it when
 * the application starts, {@code FillEmailLowerIT} (in the tests) proves it.
 */
@NullMarked
package io.sluice.examples.skeleton;

import org.jspecify.annotations.NullMarked;
