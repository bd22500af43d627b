/**
 * Schema migrations: long statements of schema as runs. What can be changed, how each change is told to be done from the catalog,
 * how a statement is begun, watched and cleaned up after.
 */
@NullMarked
package io.sluice.schema;

import org.jspecify.annotations.NullMarked;
