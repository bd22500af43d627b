package io.sluice.webflux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.sluice.Sluice;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

class SluiceLifecycleIT {

    private final Database database = TestDatabase.createDatabase();
    private final AnswersLater later = new AnswersLater(database.connectionFactory());

    /** A database that comes up after the application. */
    private static final class AnswersLater implements ConnectionFactory {

        private final ConnectionFactory real;
        private volatile boolean up;

        AnswersLater(ConnectionFactory real) {
            this.real = real;
        }

        @Override
        public Publisher<? extends Connection> create() {
            return Mono.defer(() -> up ? Mono.from(real.create()) : Mono.error(new IOException("not up yet")));
        }

        @Override
        public ConnectionFactoryMetadata getMetadata() {
            return real.getMetadata();
        }
    }

    @Test
    void aLedgerIsInstalledOnceItsDatabaseIsUp() {
        SluiceLifecycle lifecycle =
                new SluiceLifecycle(Sluice.builder().shard("late", later).build(), true, false, Duration.ofMillis(100));

        lifecycle.start();

        assertThat(lifecycle.isRunning())
                .as("a database that is down does not fail the start")
                .isTrue();
        assertThat(ledgers()).isZero();
        later.up = true;
        await().atMost(Duration.ofSeconds(30)).until(() -> ledgers() == 1);
        lifecycle.stop();
        lifecycle.destroy();
    }

    private long ledgers() {
        return database.queryLong("select count(*) from pg_namespace where nspname = 'sluice'");
    }
}
