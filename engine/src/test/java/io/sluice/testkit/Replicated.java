package io.sluice.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/** A server and a standby that replays what it does, made from a copy of its data while it was stopped. */
public final class Replicated implements AutoCloseable {

    /** The name by which the primary knows the standby. */
    public static final String STANDBY = "r1";

    private final Path root;
    private final EmbeddedPostgres primary;
    private final EmbeddedPostgres standby;

    private Replicated(Path root, EmbeddedPostgres primary, EmbeddedPostgres standby) {
        this.root = root;
        this.primary = primary;
        this.standby = standby;
    }

    public static Replicated start() {
        Path root = Scratch.newServer();
        EmbeddedPostgres primary = null;
        try {
            Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
            Path data = root.resolve("primary");
            Path copy = root.resolve("standby");
            primary = EmbeddedPostgres.builder()
                    .data(data)
                    .setting("fsync", "off")
                    .start();
            primary.stop(StopMode.FAST);
            copy(data, copy);
            Files.createFile(copy.resolve("standby.signal"));
            primary.restart(StopMode.FAST);
            EmbeddedPostgres standby = EmbeddedPostgres.builder()
                    .data(copy)
                    .setting("fsync", "off")
                    .setting("wal_receiver_status_interval", "1")
                    .setting(
                            "primary_conninfo",
                            "host=" + primary.host() + " port=" + primary.port() + " user=postgres application_name="
                                    + STANDBY)
                    .start();
            return new Replicated(root, primary, standby);
        } catch (IOException e) {
            throw new UncheckedIOException("no standby", e);
        } catch (RuntimeException e) {
            if (primary != null) {
                primary.close();
            }
            throw e;
        }
    }

    public Database primary() {
        return new Database(primary.host(), primary.port(), "postgres", "postgres", "");
    }

    public Database standby() {
        return new Database(standby.host(), standby.port(), "postgres", "postgres", "");
    }

    public void stopStandby() {
        standby.stop(StopMode.FAST);
    }

    @Override
    public void close() {
        standby.close();
        primary.close();
        Scratch.delete(root);
    }

    private static void copy(Path from, Path to) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(from)) {
            files = walk.toList();
        }
        for (Path file : files) {
            Files.copy(file, to.resolve(from.relativize(file)));
        }
        Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwx------"));
        Files.deleteIfExists(to.resolve("postgres.log"));
    }
}
