/** A Spring application that does nothing but migrate and show it. */
@NullMarked
package io.sluice.examples.web;

import org.jspecify.annotations.NullMarked;
