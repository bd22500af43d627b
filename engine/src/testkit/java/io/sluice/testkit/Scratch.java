package io.sluice.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The testkit's corner of the directory for temporary files: unpacked binaries, which stay, and one directory per
 * throw-away server, which goes with it. It is not under the home directory: root's may not be entered by nobody.
 */
final class Scratch {

    private static final Pattern OWNED_BY_PROCESS = Pattern.compile("(\\d+)-.*");

    private Scratch() {}

    /** Where binaries are unpacked. */
    static Path binaries() {
        return directory("binaries");
    }

    /** A fresh directory which is swept by a later run if this JVM cannot delete it itself. */
    static Path newServer() {
        try {
            return Files.createTempDirectory(
                    directory("servers"), ProcessHandle.current().pid() + "-");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create a directory for a server", e);
        }
    }

    /** Deletes the directories of JVMs that were killed, once their servers are gone too. */
    static void sweep() {
        try (Stream<Path> servers = Files.list(directory("servers"))) {
            servers.filter(Scratch::isAbandoned).forEach(Scratch::delete);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot sweep the directories of earlier servers", e);
        }
    }

    /** Deletes a directory with all that is in it; what another run deletes at the same time is no error. */
    static void delete(Path directory) {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(directory)) {
            files = walk.sorted(Comparator.reverseOrder()).toList();
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException | UncheckedIOException e) {
            return; // being deleted by somebody else, or not ours: the next sweep tries again
        }
        files.forEach(file -> file.toFile().delete());
    }

    private static boolean isAbandoned(Path server) {
        Matcher owner = OWNED_BY_PROCESS.matcher(server.getFileName().toString());
        return owner.matches()
                && !isAlive(Long.parseLong(owner.group(1)))
                && PostmasterPid.of(server.resolve("data")).stream().noneMatch(pid -> isAlive(pid.process()));
    }

    private static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).isPresent();
    }

    private static Path directory(String name) {
        Path directory = Path.of(System.getProperty("java.io.tmpdir"))
                .toAbsolutePath()
                .resolve("sluice-postgres-" + System.getProperty("user.name"))
                .resolve(name);
        try {
            Files.createDirectories(directory);
            for (Path each : List.of(directory.getParent(), directory)) {
                Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + directory, e);
        }
    }
}
