/**
 * Plumbing between Reactor and PostgreSQL: connections and their end, statements, quoted names, the types of keys and the
 * meaning of SQLSTATEs. Not part of what users program against.
 */
@NullMarked
package io.sluice.sql;

import org.jspecify.annotations.NullMarked;
