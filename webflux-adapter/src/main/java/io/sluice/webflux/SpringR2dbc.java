package io.sluice.webflux;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.r2dbc.spi.Option;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.env.Environment;

/**
 * The database that {@code spring.r2dbc} names. Where the application has Spring Boot's own module for it, that makes a bean of it,
 * and this is not asked. The adapter does not bring the module: with it each application must have a database of its own, and
 * those with {@code sluice.shards} only need none.
 */
record SpringR2dbc(
        @Nullable String url,
        @Nullable String name,
        @Nullable String username,
        @Nullable String password,
        @DefaultValue Map<String, String> properties) {

    /** Null where no address is given. */
    static @Nullable ConnectionFactory connections(Environment environment) {
        SpringR2dbc given =
                Binder.get(environment).bind("spring.r2dbc", SpringR2dbc.class).orElse(null);
        return given == null || given.url == null
                ? null
                : Setting.ofAddress("spring.r2dbc", "url", given.url, given::connections);
    }

    private ConnectionFactory connections(String address) {
        ConnectionFactoryOptions parsed = ConnectionFactoryOptions.parse(address);
        ConnectionFactoryOptions.Builder options = parsed.mutate();
        if (name != null && !parsed.hasOption(ConnectionFactoryOptions.DATABASE)) {
            options.option(ConnectionFactoryOptions.DATABASE, name);
        }
        if (username != null) {
            options.option(ConnectionFactoryOptions.USER, username);
        }
        if (password != null) {
            options.option(ConnectionFactoryOptions.PASSWORD, password);
        }
        properties.forEach((key, value) -> options.option(Option.valueOf(key), value));
        return ConnectionFactories.get(options.build());
    }

    @Override
    public String toString() {
        return "spring.r2dbc"; // a record would print the password
    }
}
