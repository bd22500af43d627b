package io.sluice.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.examples.quickstart.QuickstartCommand;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class QuickstartOptionsTest {

    private final StringWriter errors = new StringWriter();
    private final StringWriter output = new StringWriter();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "--bogus                                             | Unknown option: '--bogus'",
                "some words                                          | Unmatched arguments",
                "--rows=many                                         | 'many' is not a long",
                "--rows=0                                            | --rows must be 1..1000000000, was 0",
                "--shards=17                                         | --shards must be 1..16, was 17",
                "--port=-1                                           | --port must be 0..65535, was -1",
                "--port=65536                                        | --port must be 0..65535, was 65536",
                "--sub-batch=0                                       | sub-batch size must be 1..100000, was 0",
                "--batch=10 --sub-batch=20                           | sub-batch size must be 1..10 (the batch size)",
                "--url=jdbc:postgresql://x/y                         | --url must begin with r2dbc:postgresql://",
                "--url=r2dbc:postgresql://x/y --data=d               | leave one of them out",
                "--url=r2dbc:postgresql://x/y --shards=2             | 1 given, but --shards=2",
            })
    void whatCannotBeMeantIsRefusedWithTheReasonAndTheUsage(String options, String reason) {
        assertThat(run(options.split(" "))).isEqualTo(2);
        assertThat(errors.toString()).contains(reason).contains("Usage: quickstart.jar");
    }

    @Test
    void helpTellsEveryOption() {
        assertThat(run("--help")).isZero();
        assertThat(output.toString())
                .contains(
                        "--shards",
                        "--rows",
                        "--url",
                        "--data",
                        "--port",
                        "--no-page",
                        "--exit",
                        "--batch",
                        "--sub-batch");
    }

    private int run(String... options) {
        return new CommandLine(new QuickstartCommand())
                .setErr(new PrintWriter(errors))
                .setOut(new PrintWriter(output))
                .execute(options);
    }
}
