package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.schema.SchemaMigration;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.MediaType;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** An application as a user has it, on a port of its own: the adapter, two migrations, and properties. */
public final class ServedApplication implements AutoCloseable {

    private static final Duration SOON = Duration.ofSeconds(30);

    static final String NO_SECURITY = Stream.of(
                    "web.reactive.ReactiveWebSecurityAutoConfiguration",
                    "actuate.web.reactive.ReactiveManagementWebSecurityAutoConfiguration",
                    "ReactiveUserDetailsServiceAutoConfiguration")
            .map("org.springframework.boot.security.autoconfigure."::concat)
            .collect(Collectors.joining(","));

    private final ConfigurableApplicationContext context;

    private ServedApplication(ConfigurableApplicationContext context) {
        this.context = context;
    }

    private static @Nullable ServedApplication shared;

    /** One for all tests that need no other: starting takes seconds. It can control, has no workers, and begins without runs. */
    static synchronized ServedApplication shared() {
        if (shared == null) {
            Database database = TestDatabase.createDatabase();
            tables(database, 40);
            shared = start(
                    database,
                    "sluice.web.control=true",
                    "sluice.web.ready-made=true",
                    "springdoc.api-docs.enabled=true");
            shared.database = database;
        }
        shared.database()
                .execute(
                        "delete from sluice.run",
                        "delete from items where id < 100",
                        "drop index if exists items_n, items_note");
        return shared;
    }

    private @Nullable Database database;

    Database database() {
        return Objects.requireNonNull(database);
    }

    /** Without Spring Security; workers are off unless a property says otherwise. */
    public static ServedApplication start(Database database, String... properties) {
        return start(Application.class, database, "spring.autoconfigure.exclude=" + NO_SECURITY, properties);
    }

    static ServedApplication start(Class<?> application, Database database, String exclude, String... properties) {
        List<String> all = new ArrayList<>(List.of(
                exclude,
                "server.port=0",
                "server.shutdown=graceful",
                "spring.main.banner-mode=off",
                "spring.r2dbc.url=" + database.url(),
                "sluice.shards.primary.ledger-schema=sluice",
                "springdoc.api-docs.enabled=false",
                "sluice.worker.enabled=false",
                "sluice.worker.idle-poll=200ms",
                "sluice.web.heartbeat=200ms"));
        all.addAll(List.of(properties));
        // the command line has the last word, and of two equal arguments the last one is none: later ones replace
        // earlier ones
        Map<String, String> last = new LinkedHashMap<>();
        all.forEach(it -> last.put(it.substring(0, it.indexOf('=')), it));
        return new ServedApplication(new SpringApplicationBuilder(application)
                .run(last.values().stream().map(it -> "--" + it).toArray(String[]::new)));
    }

    /** What a user writes. */
    @SpringBootConfiguration
    @EnableAutoConfiguration
    @Import(OwnThreads.class)
    static class Application {

        /** Divides by zero at the row 13, if there is one. */
        // tag::migration[]
        @Bean
        DataMigration fill() {
            return DataMigration.of(
                    "fill",
                    arguments -> Work.sql(Source.table("items"), "update items set n = 10 / (id - 13) where {batch}"));
        }
        // end::migration[]

        /** An index, to be enqueued by its name. */
        @Bean
        SchemaMigration byNumber() {
            return SchemaMigration.addIndex("items", "n").name("items_n");
        }

        /** Takes as long as the table pace says. */
        @Bean
        DataMigration slow() {
            return DataMigration.of(
                            "slow",
                            Work.sql(
                                    Source.table("items"),
                                    "update items set n = 1 where {batch} and (select pg_sleep(seconds) from pace) is not null"))
                    .with(it -> it.withSubBatchSize(10));
        }
    }

    /** Applications of one JVM share the threads of their servers, and whichever ends first ends those of all. */
    @Configuration(proxyBeanMethods = false)
    static class OwnThreads {

        @Bean
        ReactorResourceFactory ownThreads() {
            ReactorResourceFactory own = new ReactorResourceFactory();
            own.setUseGlobalResources(false);
            own.setShutdownQuietPeriod(Duration.ZERO);
            return own;
        }
    }

    /** The tables of the migrations: ids from 101 on, so that nothing fails. */
    public static void tables(Database database, int rows) {
        database.execute(
                "create table items (id bigint primary key, n int)",
                "insert into items (id) select generate_series(101, " + (100 + rows) + ")",
                "create table pace (seconds double precision not null)",
                "insert into pace values (0)");
    }

    /** As {@link #tables}, and the ledger, as somebody installed it before. */
    public static void installed(Database database, int rows) {
        tables(database, rows);
        Sluice sluice =
                Sluice.builder().shard("any", database.connectionFactory()).build();
        sluice.install().then(sluice.close()).block(Duration.ofSeconds(30));
    }

    public int port() {
        return Integer.parseInt(String.valueOf(context.getEnvironment().getProperty("local.server.port")));
    }

    public Sluice sluice() {
        return context.getBean(Sluice.class);
    }

    <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    WebTestClient client() {
        return WebTestClient.bindToServer()
                .baseUrl("http://127.0.0.1:" + port())
                .filter(ExchangeFilterFunction.ofResponseProcessor(ServedApplication::readToItsEnd))
                .responseTimeout(SOON)
                .build();
    }

    /**
     * A test that looks at the status only leaves the body unread, and its connection goes back to the pool like that: now and
     * then the next request on it was never answered.
     */
    private static Mono<ClientResponse> readToItsEnd(ClientResponse response) {
        boolean isStream = response.headers()
                .contentType()
                .filter(MediaType.TEXT_EVENT_STREAM::isCompatibleWith)
                .isPresent();
        return isStream
                ? Mono.just(response)
                : response.bodyToMono(byte[].class)
                        .defaultIfEmpty(new byte[0])
                        .map(body -> response.mutate()
                                .body(Flux.just(DefaultDataBufferFactory.sharedInstance.wrap(body)))
                                .build());
    }

    @Override
    public void close() {
        context.close();
    }
}
