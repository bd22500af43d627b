package io.sluice.testkit;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** The programs of one PostgreSQL version for this platform, packed: the one file in a binaries jar. */
record BinaryArchive(URL location) {

    private static final int EXECUTABLE = 0b001_001_001;
    private static final int CHECKSUM_BYTES = 8;

    /** Every archive for this platform on the class path; each comes from another jar. */
    static List<BinaryArchive> onClassPath() {
        try {
            return Collections.list(BinaryArchive.class.getClassLoader().getResources(resourceName())).stream()
                    .map(BinaryArchive::new)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot search the class path for " + resourceName(), e);
        }
    }

    /** {@code postgres-linux-x86_64.txz} and its sisters. */
    static String resourceName() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String processor = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return "postgres-" + (system.contains("mac") ? "darwin" : "linux") + "-"
                + (processor.equals("aarch64") ? "arm_64" : "x86_64") + ".txz";
    }

    /** The {@code bin} directory, unpacked once per checksum and machine. Parallel builds do not disturb each other. */
    Path unpackedInto(Path cache) {
        try {
            byte[] packed;
            try (InputStream stream = location.openStream()) {
                packed = stream.readAllBytes();
            }
            Path unpacked = cache.resolve(checksum(packed));
            if (!Files.exists(unpacked)) {
                Path fresh = Files.createTempDirectory(cache, "unpacking");
                Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwxr-xr-x"));
                unpack(packed, fresh);
                publish(fresh, unpacked);
            }
            return unpacked.resolve("bin");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot unpack " + location, e);
        }
    }

    private static void unpack(byte[] packed, Path directory) throws IOException {
        try (TarArchiveInputStream archive = new TarArchiveInputStream(
                new BufferedInputStream(new XZInputStream(new ByteArrayInputStream(packed))))) {
            TarArchiveEntry entry;
            while ((entry = archive.getNextEntry()) != null) {
                Path file = directory.resolve(entry.getName()).normalize();
                if (!file.startsWith(directory)) {
                    throw new IOException("an entry leaves the archive: " + entry.getName());
                }
                write(entry, archive, file);
            }
        }
    }

    private static void write(TarArchiveEntry entry, InputStream content, Path file) throws IOException {
        if (entry.isDirectory()) {
            Files.createDirectories(file);
            return;
        }
        Files.createDirectories(file.resolveSibling(""));
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
        } else {
            Files.copy(content, file);
            boolean program = (entry.getMode() & EXECUTABLE) != 0;
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
        }
    }

    private static void publish(Path fresh, Path unpacked) throws IOException {
        try {
            Files.move(fresh, unpacked, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (!Files.exists(unpacked)) {
                throw e;
            }
            Scratch.delete(fresh); // somebody else was faster
        }
    }

    private static String checksum(byte[] content) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
            return HexFormat.of().formatHex(digest, 0, CHECKSUM_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
