package io.sluice.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The directory that a server keeps its data in, made by {@code initdb} where there is none.
 *
 * @param lasting whether the data outlive the server, and so deserve to be written with care
 */
record DataDirectory(Path path, Path log, ServerUser user, PostgresBinaries binaries, boolean lasting) {

    /** One that goes with its server: {@code data} and {@code postgres.log} in a directory of their own. */
    static DataDirectory throwAway(PostgresBinaries binaries) {
        Path root = Scratch.newServer();
        return throwAway(root, ServerUser.ableToUse(root), binaries);
    }

    static DataDirectory throwAway(Path root, ServerUser user, PostgresBinaries binaries) {
        DataDirectory data =
                new DataDirectory(root.resolve("data"), root.resolve("postgres.log"), user, binaries, false);
        data.initialize(data.path);
        return data;
    }

    /** One that stays, and is used again when it holds a cluster already. */
    static DataDirectory lasting(Path path, PostgresBinaries binaries) {
        Path data = path.toAbsolutePath().normalize();
        try {
            if (!Files.exists(data.resolve("PG_VERSION"))) {
                return created(data, binaries);
            }
            String version = Files.readString(data.resolve("PG_VERSION")).strip();
            if (!version.equals(binaries.major())) {
                throw new IllegalStateException(
                        "the data in " + data + " were written by PostgreSQL " + version + " and cannot be read by "
                                + binaries.version() + ": choose another directory, or that version");
            }
            return lasting(data, ServerUser.ableToUse(data), binaries);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot use " + data + " for the data of a server", e);
        }
    }

    /** Made beside its place and moved there when complete: an initdb which is killed leaves no half cluster. */
    private static DataDirectory created(Path data, PostgresBinaries binaries) throws IOException {
        Path fresh = data.resolveSibling(data.getFileName() + ".initdb");
        Scratch.delete(fresh);
        Files.createDirectories(fresh);
        ServerUser user = ServerUser.ableToUse(fresh);
        lasting(fresh, user, binaries).initialize(fresh);
        Files.deleteIfExists(data); // an empty directory is a place, anything else is somebody's and stays
        Files.move(fresh, data, StandardCopyOption.ATOMIC_MOVE);
        return lasting(data, user, binaries);
    }

    private static DataDirectory lasting(Path data, ServerUser user, PostgresBinaries binaries) {
        return new DataDirectory(data, data.resolve("postgres.log"), user, binaries, true);
    }

    private void initialize(Path empty) {
        List<String> command = new ArrayList<>(List.of(
                binaries.program("initdb"), "-D", empty.toString(), "-U", "postgres", "-A", "trust", "-E", "UTF8"));
        command.addAll(List.of("--no-locale", "--no-instructions"));
        if (!lasting) {
            command.add("--no-sync");
        }
        Programs.output(binaries.bin(), user.command(command.toArray(String[]::new)));
    }

    /** What the server on this directory tells of itself, if there is one or one crashed. */
    Optional<PostmasterPid> server() {
        return PostmasterPid.of(path);
    }

    /** Removes what a crashed server left; its {@code ready} must not be taken for that of the next one. */
    void forgetCrashedServer() {
        try {
            Files.deleteIfExists(PostmasterPid.file(path));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove " + PostmasterPid.file(path), e);
        }
    }

    /** The end of the server's log, for the message of an error. */
    String endOfLog(int lines) {
        try {
            List<String> all = Files.readAllLines(log);
            return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
        } catch (IOException e) {
            return "(no log: " + e + ")";
        }
    }

    /** Deletes the data, unless they are to last. */
    void discard() {
        if (!lasting) {
            Scratch.delete(path.resolveSibling(""));
        }
    }
}
