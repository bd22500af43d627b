package io.sluice;

import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/** Chooses the seed of the random order of tests where nobody gave one, and prints it, so that it can be replayed. */
public final class OrderSeed implements LauncherSessionListener {

    private static final String PROPERTY = "junit.jupiter.execution.order.random.seed";

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        if (System.getProperty(PROPERTY) == null) {
            System.setProperty(PROPERTY, String.valueOf(System.nanoTime()));
        }
        System.out.println("Order of tests: -D" + PROPERTY + "=" + System.getProperty(PROPERTY));
    }
}
