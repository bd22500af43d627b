/**
 * One durable execution of a migration: what it is, where it stands, and which changes of status are allowed. The words
 * that every other package speaks; it depends on none of them.
 */
@NullMarked
package io.sluice.run;

import org.jspecify.annotations.NullMarked;
