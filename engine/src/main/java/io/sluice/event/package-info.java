/** What happened: the events of runs as sealed records. */
@NullMarked
package io.sluice.event;

import org.jspecify.annotations.NullMarked;
