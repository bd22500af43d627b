/** Streams whose pace is demand: when a call is made and in which order its result is seen. Plumbing, not API. */
@NullMarked
package io.sluice.flow;

import org.jspecify.annotations.NullMarked;
