package io.sluice.examples.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** The example of thirty lines serves the page, takes an order and migrates. */
class ShopApplicationIT {

    private final HttpClient client = HttpClient.newHttpClient();

    @Test
    void itServesThePageTakesAnOrderAndOpensTheGate() throws IOException, InterruptedException {
        try (Database database = TestDatabase.createDatabase()) {
            database.execute(
                    "create table customers (id bigint primary key, email text, email_lower text)",
                    "insert into customers select n, 'C' || n || '@Example.com' from generate_series(1, 2000) n");
            try (ConfigurableApplicationContext shop = SpringApplication.run(
                    ShopApplication.class,
                    "--server.port=0",
                    "--sluice.web.control=true",
                    "--spring.r2dbc.url=" + database.url())) {
                String base = "http://127.0.0.1:" + shop.getEnvironment().getProperty("local.server.port") + "/sluice/";

                assertThat(got(base).body()).contains("<title>Sluice</title>");
                client.send(
                        HttpRequest.newBuilder(URI.create(base + "api/runs"))
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString("{\"name\": \"customers-lower-emails\"}"))
                                .build(),
                        BodyHandlers.discarding());
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> got(base + "api/gate?migration=customers-lower-emails")
                                        .statusCode()
                                == 200);
            }
            assertThat(database.queryLong("select count(*) from customers where email_lower = lower(email)"))
                    .isEqualTo(2_000);
        }
    }

    private HttpResponse<String> got(String address) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(URI.create(address)).build(), BodyHandlers.ofString());
    }
}
