package io.sluice.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a server tells of itself in {@code postmaster.pid}; the file is there while it runs, and after a crash.
 *
 * @param process the process number of the postmaster
 * @param ready   whether it takes connections
 */
record PostmasterPid(long process, boolean ready) {

    // src/include/utils/pidfile.h: LOCK_FILE_LINE_PID is 1, LOCK_FILE_LINE_PM_STATUS is 8.
    private static final int LINES_WITH_STATUS = 8;

    static Path file(Path data) {
        return data.resolve("postmaster.pid");
    }

    /** Empty while there is no such file, and while the server is only just writing it. */
    static Optional<PostmasterPid> of(Path data) {
        try {
            List<String> lines = Files.readAllLines(file(data));
            boolean ready = lines.size() >= LINES_WITH_STATUS
                    && lines.get(LINES_WITH_STATUS - 1).strip().equals("ready");
            return Optional.of(new PostmasterPid(Long.parseLong(lines.get(0).strip()), ready));
        } catch (IOException | IndexOutOfBoundsException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Whether that process still runs and is a server, not another one which got the number of a crashed one. */
    boolean isRunning() {
        return ProcessHandle.of(process)
                .filter(handle -> handle.info()
                        .command()
                        .map(command -> command.contains("postgres"))
                        .orElse(true))
                .isPresent();
    }
}
