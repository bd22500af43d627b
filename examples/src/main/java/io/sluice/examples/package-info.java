/** Runnable programs, one per question that a user asks. */
@NullMarked
package io.sluice.examples;

import org.jspecify.annotations.NullMarked;
