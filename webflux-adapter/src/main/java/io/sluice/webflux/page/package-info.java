/** The live page: files from the jar, which read the API beside them. */
@NullMarked
package io.sluice.webflux.page;

import org.jspecify.annotations.NullMarked;
