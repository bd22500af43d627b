/** What the pages under {@code docs/} show: their code, compiled and run, and the tests that the pages say what the code does. */
package io.sluice.docs;
