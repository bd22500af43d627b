package io.sluice.webflux;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.ConnectionFactories;
import io.sluice.Sluice;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Health;

class SluiceHealthIndicatorIT {

    @Test
    void aDatabaseThatNeverAnswersIsNotWaitedFor() throws IOException {
        try (ServerSocket deaf = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Sluice sluice = Sluice.builder()
                    .shard(
                            "deaf",
                            ConnectionFactories.get(
                                    "r2dbc:postgresql://nobody@127.0.0.1:" + deaf.getLocalPort() + "/x"))
                    .build();

            Health health = new SluiceHealthIndicator(sluice, Duration.ofMillis(300))
                    .health()
                    .block(Duration.ofSeconds(5));

            assertThat(health.getStatus().getCode()).isEqualTo("DOWN");
            assertThat(String.valueOf(health.getDetails().get("deaf"))).contains("does not answer");
        }
    }
}
