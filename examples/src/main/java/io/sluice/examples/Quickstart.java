package io.sluice.examples;

/** The first thing to run: {@code java -jar examples/target/quickstart.jar}. */
public final class Quickstart {

    private Quickstart() {}

    /** Takes no arguments yet. */
    public static void main(String[] args) {
        System.out.println("Sluice: the quickstart is still to come.");
    }
}
