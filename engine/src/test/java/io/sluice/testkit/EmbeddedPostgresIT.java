package io.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class EmbeddedPostgresIT {

    private static final Duration SOON = Duration.ofSeconds(20);

    private final List<EmbeddedPostgres> servers = new ArrayList<>();
    private Path directory;

    /** Not under JUnit's own, which only its owner may traverse: the server is not always started as its owner. */
    @BeforeEach
    void makeDirectory() throws IOException {
        directory = Scratch.newServer();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterEach
    void endServers() {
        servers.forEach(EmbeddedPostgres::close);
        Scratch.delete(directory);
    }

    @Test
    void answers() {
        EmbeddedPostgres server = started(EmbeddedPostgres.builder());

        assertThat(sql(server).queryLong("select 41 + 1")).isEqualTo(42);
        assertThat(sql(server).queryString("show server_version")).isEqualTo(server.version());
        assertThat(server.url()).isEqualTo("r2dbc:postgresql://postgres@127.0.0.1:" + server.port() + "/postgres");
    }

    @Test
    void takesSettingsAndAPort() {
        int port = Ports.free();

        EmbeddedPostgres server = started(EmbeddedPostgres.builder().port(port).setting("work_mem", "5MB"));

        assertThat(server.port()).isEqualTo(port);
        assertThat(sql(server).queryString("show work_mem")).isEqualTo("5MB");
    }

    @Test
    void refusesASettingWithTheLogOfTheServer() {
        assertThatThrownBy(() -> started(EmbeddedPostgres.builder().setting("max_connections", "many")))
                .isInstanceOf(ServerDidNotStartException.class)
                .hasMessageContaining("invalid value for parameter \"max_connections\"");
    }

    @Test
    void refusesAVersionThatIsNotThere() {
        assertThatThrownBy(() -> started(EmbeddedPostgres.builder().version("9")))
                .hasMessageContaining("PostgreSQL 9 was not found");
    }

    @Test
    @EnabledIfSystemProperty(named = "sluice.nightly", matches = "true")
    void twoServersDoNotDisturbEachOther() {
        EmbeddedPostgres one = started(EmbeddedPostgres.builder());
        EmbeddedPostgres other = started(EmbeddedPostgres.builder());

        one.close();

        assertThat(sql(other).queryLong("select 1")).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(StopMode.class)
    @EnabledIfSystemProperty(named = "sluice.nightly", matches = "true")
    void restartKeepsPortAndData(StopMode mode) {
        EmbeddedPostgres server = started(EmbeddedPostgres.builder());
        int port = server.port();
        long pid = server.pid();
        sql(server).execute("create table kept (n int)", "insert into kept values (1), (2)");

        server.restart(mode);

        assertThat(server.port()).isEqualTo(port);
        assertThat(server.pid()).isNotEqualTo(pid);
        assertThat(sql(server).queryLong("select count(*) from kept")).isEqualTo(2);
    }

    @Test
    void startsAgainAfterItWasStoppedOrKilled() {
        EmbeddedPostgres server = started(EmbeddedPostgres.builder());
        server.stop(StopMode.FAST);
        assertThatThrownBy(server::pid).hasMessageContaining("is stopped");
        server.restart(StopMode.FAST);

        ProcessHandle.of(server.pid()).orElseThrow().destroyForcibly();
        server.restart(StopMode.IMMEDIATE);

        assertThat(sql(server).queryLong("select 1")).isEqualTo(1);
    }

    @Test
    void closeLeavesNothingBehind() {
        EmbeddedPostgres server = started(EmbeddedPostgres.builder());
        long pid = server.pid();
        Path data = Path.of(sql(server).queryString("show data_directory"));

        server.close();

        assertThat(ProcessHandle.of(pid)).isEmpty();
        assertThat(data.getParent()).doesNotExist();
        server.close();
        assertThatThrownBy(() -> server.restart(StopMode.FAST)).hasMessageContaining("closed for good");
    }

    @Test
    void lastingDataAreFoundAgain() {
        Path data = directory.resolve("lasting");
        EmbeddedPostgres first = started(EmbeddedPostgres.builder().data(data));
        sql(first).execute("create table kept (n int)", "insert into kept values (7)");
        first.close();

        EmbeddedPostgres second = started(EmbeddedPostgres.builder().data(data));

        assertThat(sql(second).queryLong("select n from kept")).isEqualTo(7);
        assertThat(sql(second).queryString("show fsync")).isEqualTo("on");
    }

    @Test
    void rootMayKeepDataWhereNobodyMayNotGo() throws IOException {
        assumeTrue(ServerUser.callerIsRoot() && ServerUser.usableByRoot().contains(ServerUser.UNSHARE));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));

        EmbeddedPostgres server = started(EmbeddedPostgres.builder().data(directory.resolve("lasting")));

        assertThat(sql(server).queryLong("select 1")).isEqualTo(1);
    }

    @Test
    void dataOfAnotherVersionAreRefused() throws IOException {
        Files.writeString(directory.resolve("PG_VERSION"), "9\n");

        assertThatThrownBy(() -> started(EmbeddedPostgres.builder().data(directory)))
                .hasMessageContaining("were written by PostgreSQL 9");
    }

    @Test
    void aKilledJvmLeavesNoServerBehind() throws IOException {
        Process jvm = jvm();
        long postmaster = postmasterOf(jvm);
        assertThat(ProcessHandle.of(postmaster)).isPresent();

        jvm.destroyForcibly();

        await().atMost(SOON).until(() -> ProcessHandle.of(postmaster).isEmpty());
        // children of the server may still be on their way out and hold on to a file
        await().atMost(SOON).until(() -> sweptOf(jvm.pid()));
    }

    private boolean sweptOf(long pid) throws IOException {
        Scratch.sweep();
        try (Stream<Path> left = Files.list(directory.getParent())) {
            return left.noneMatch(it -> it.getFileName().toString().startsWith(pid + "-"));
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "sluice.nightly", matches = "true")
    void theDataOfAKilledJvmAreTakenOver() throws IOException {
        Path data = directory.resolve("lasting");
        Process jvm = jvm(data.toString());
        long postmaster = postmasterOf(jvm);

        jvm.destroyForcibly();
        EmbeddedPostgres server = started(EmbeddedPostgres.builder().data(data));

        assertThat(server.pid()).isNotEqualTo(postmaster);
        assertThat(sql(server).queryLong("select 1")).isEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("usersOfThisMachine")
    @EnabledIfSystemProperty(named = "sluice.nightly", matches = "true")
    void runsAsEveryUserThatThisMachineOffers(ServerUser user) throws IOException {
        Path own = Files.createDirectory(directory.resolve("own"));
        user.own(own);
        DataDirectory data = DataDirectory.throwAway(own, user, PostgresBinaries.find(null));

        Postmaster server = Postmaster.start(data, Ports.free(), Map.of());

        assertThat(ProcessHandle.of(server.pid())).isPresent();
        server.stop(StopMode.FAST);
        assertThat(server.isAlive()).isFalse();
    }

    static List<ServerUser> usersOfThisMachine() {
        return ServerUser.callerIsRoot() ? ServerUser.usableByRoot() : List.of(ServerUser.CALLER);
    }

    private EmbeddedPostgres started(EmbeddedPostgres.Builder builder) {
        EmbeddedPostgres server = builder.start();
        servers.add(server);
        return server;
    }

    private static Database sql(EmbeddedPostgres server) {
        return new Database(server.host(), server.port(), "postgres", "postgres", "");
    }

    private static Process jvm(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                JvmToKill.class.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static long postmasterOf(Process jvm) throws IOException {
        BufferedReader output = jvm.inputReader();
        return Long.parseLong(output.readLine());
    }

    /** Starts a server, tells its process number, and waits to be killed. */
    static final class JvmToKill {

        private JvmToKill() {}

        /** With an argument: the directory for data that last. */
        public static void main(String[] args) throws InterruptedException {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder();
            if (args.length > 0) {
                builder.data(Path.of(args[0]));
            }
            System.out.println(builder.start().pid());
            new CountDownLatch(1).await();
        }
    }
}
