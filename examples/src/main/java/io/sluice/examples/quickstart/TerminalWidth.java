package io.sluice.examples.quickstart;

import java.io.IOException;
import java.util.OptionalInt;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.InfoCmp.Capability;

/** Asks for the terminal, and lets go of it at once. */
final class TerminalWidth {

    private static final int NARROWEST = 40;

    private TerminalWidth() {}

    /** Columns of the terminal that bars can be drawn on; empty where there is none, or one that cannot move its cursor. */
    static OptionalInt ofStandardError() {
        // Without native signals: the default handling which it would install for SIGINT ends the JVM without its
        // hooks.
        try (Terminal terminal = TerminalBuilder.builder()
                .systemOutput(TerminalBuilder.SystemOutput.SysErr)
                .nativeSignals(false)
                .dumb(true)
                .build()) {
            boolean drawable = terminal.getStringCapability(Capability.cursor_up) != null
                    && terminal.getStringCapability(Capability.cursor_down) != null
                    && terminal.getWidth() >= NARROWEST;
            return drawable ? OptionalInt.of(terminal.getWidth()) : OptionalInt.empty();
        } catch (IOException | IllegalStateException e) {
            return OptionalInt.empty();
        }
    }
}
