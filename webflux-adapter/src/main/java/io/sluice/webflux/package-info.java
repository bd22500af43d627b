/** Sluice over HTTP: routes, records, error mapping and auto-configuration. No rules live here. */
@NullMarked
package io.sluice.webflux;

import org.jspecify.annotations.NullMarked;
