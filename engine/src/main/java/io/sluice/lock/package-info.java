/** How a strong lock is asked for on a table in use: briefly, again and again, and telling each time who stands in the way. */
@NullMarked
package io.sluice.lock;

import org.jspecify.annotations.NullMarked;
