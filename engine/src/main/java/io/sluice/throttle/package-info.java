/** May we go on now: the health of the database as back-pressure. */
@NullMarked
package io.sluice.throttle;

import org.jspecify.annotations.NullMarked;
