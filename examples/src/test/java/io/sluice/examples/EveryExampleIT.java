package io.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EveryExampleIT {

    private static Stream<Arguments> examples() {
        return Stream.of(
                example("SqlBackfill", SqlBackfill::main, "25,000 customers where loyalty_points = 100"),
                example("CodeBackfill", CodeBackfill::main, "25,000 customers where slug = 'customer-no-' || id"),
                example("ItemsFromElsewhere", ItemsFromElsewhere::main, "5,000 customers where loyalty_points ="),
                example(
                        "TwoShards",
                        TwoShards::main,
                        "SUCCEEDED {SUCCEEDED=2}",
                        "30,000 customers",
                        "20,000 customers"),
                example("EnqueueInMyTransaction", EnqueueInMyTransaction::main, "10,000 customers where nickname"),
                example(
                        "OnceFromCron",
                        OnceFromCron::main,
                        "shop:1: SUCCEEDED",
                        "due after that: []",
                        "25,000 customers"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("examples")
    void doesWhatItSays(String name, Consumer<String[]> main, String[] said) {
        assertThat(outputOf(main)).contains(said);
    }

    private static String outputOf(Consumer<String[]> main) {
        PrintStream console = System.out;
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        System.setOut(new PrintStream(output, true, UTF_8));
        try {
            main.accept(new String[0]);
        } finally {
            System.setOut(console);
        }
        return output.toString(UTF_8);
    }

    private static Arguments example(String name, Consumer<String[]> main, String... said) {
        return Arguments.of(name, main, said);
    }
}
