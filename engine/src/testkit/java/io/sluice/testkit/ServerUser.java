package io.sluice.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * As whom the server runs. PostgreSQL refuses to be root, which a build in a container usually is, so root hands over
 * to {@code nobody} by the first of these programs which is there and allowed.
 */
enum ServerUser {
    /** Not root: no reason to be anybody else. */
    CALLER,
    SETPRIV("setpriv", "--reuid=nobody", "--clear-groups"),
    RUNUSER("runuser", "-u", "nobody", "--"),
    SU("su", "-s", "/bin/sh", "nobody", "-c"),
    /** A user namespace: the process takes itself for nobody, while its files still belong to root. */
    UNSHARE("unshare", "-U");

    private static final int ROOT = 0;

    private final List<String> prefix;

    ServerUser(String... prefix) {
        this.prefix = List.of(prefix);
    }

    /** The first that can write to the directory once it owns it. */
    static ServerUser ableToUse(Path directory) {
        if (!callerIsRoot()) {
            return CALLER;
        }
        List<ServerUser> usable = usableByRoot();
        if (usable.isEmpty()) {
            throw new IllegalStateException("PostgreSQL refuses to run as root, and none of setpriv, runuser, su and"
                    + " unshare can start it as nobody here: run as an ordinary user, or set"
                    + " SLUICE_TEST_DATABASE_URL to a running server");
        }
        return usable.stream()
                .filter(user -> user.canUse(directory))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("PostgreSQL runs as nobody when it is started by root, and"
                        + " nobody cannot write to " + directory + ": choose a directory whose parents all may"
                        + " traverse (chmod o+x)"));
    }

    /** Those that work on this machine, in the order in which they are tried. */
    static List<ServerUser> usableByRoot() {
        return Stream.of(SETPRIV, RUNUSER, SU, UNSHARE)
                .filter(user -> Programs.succeeds(Path.of("/"), user.command("true")))
                .toList();
    }

    /** The owner of what this process creates is who it is; the name of the user may be missing in a container. */
    static boolean callerIsRoot() {
        try {
            Path probe = Files.createTempFile("sluice", ".owner");
            try {
                return Files.getAttribute(probe, "unix:uid") instanceof Integer uid && uid == ROOT;
            } finally {
                Files.delete(probe);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot tell which user this process is", e);
        }
    }

    /** The command line which runs the given one as this user. */
    List<String> command(String... command) {
        List<String> line = new ArrayList<>(prefix);
        if (this == SU) {
            line.add("exec " + Arrays.stream(command).map(ServerUser::quoted).collect(Collectors.joining(" ")));
        } else {
            line.addAll(List.of(command));
        }
        return line;
    }

    /** Makes a directory and all in it this user's own, as PostgreSQL demands it of its data. */
    void own(Path directory) {
        if (this == CALLER) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            UserPrincipal owner = directory
                    .getFileSystem()
                    .getUserPrincipalLookupService()
                    .lookupPrincipalByName(this == UNSHARE ? "root" : "nobody");
            if (!owner.equals(Files.getOwner(directory))) {
                // The directory itself comes last: it tells the next start that all of it was handed over.
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.setOwner(file, owner);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot hand " + directory + " to the user of the server", e);
        }
    }

    private boolean canUse(Path directory) {
        own(directory);
        return Programs.succeeds(Path.of("/"), command("test", "-w", directory.toString()));
    }

    private static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }
}
