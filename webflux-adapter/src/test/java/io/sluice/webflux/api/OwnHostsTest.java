package io.sluice.webflux.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;

class OwnHostsTest {

    private static MockServerHttpRequest asked(String host, String local) {
        return MockServerHttpRequest.post("/sluice/api/runs/primary/1/cancel")
                .header("Host", host)
                .localAddress(new InetSocketAddress(local, 8080))
                .build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080"})
    void onThisMachineItIsReachedByItsOwnNames(String host) {
        assertThat(new OwnHosts(List.of()).isOne(asked(host, "127.0.0.1"))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "localhost.evil.example:8080", "127.0.0.1.evil.example"})
    void onThisMachineAForeignNameWasMadeToLeadHere(String host) {
        assertThat(new OwnHosts(List.of()).isOne(asked(host, "127.0.0.1"))).isFalse();
    }

    @Test
    void elsewhereEachNameIsGoodUnlessSomeAreSaid() {
        assertThat(new OwnHosts(List.of()).isOne(asked("sluice.example", "10.0.0.7")))
                .isTrue();
        OwnHosts said = new OwnHosts(List.of("sluice.example"));
        assertThat(said.isOne(asked("Sluice.example:443", "127.0.0.1"))).isTrue();
        assertThat(said.isOne(asked("evil.example", "10.0.0.7"))).isFalse();
    }
}
