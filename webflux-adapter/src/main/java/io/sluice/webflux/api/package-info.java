/** The HTTP API: what is served as JSON and as server-sent events, and who may change something. */
@NullMarked
package io.sluice.webflux.api;

import org.jspecify.annotations.NullMarked;
