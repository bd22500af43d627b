/**
 * Migrations that need no declaration: each is enqueued by its name with arguments in JSON, from plain SQL too, or by a factory
 * method of its class, which makes the same arguments.
 */
@NullMarked
package io.sluice.data.builtin;

import org.jspecify.annotations.NullMarked;
