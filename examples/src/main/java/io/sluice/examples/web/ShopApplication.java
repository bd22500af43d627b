package io.sluice.examples.web;

import io.sluice.data.DataMigration;
import io.sluice.data.Source;
import io.sluice.data.Work;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** How do I use it in a Spring application? Give spring.r2dbc.url, and the page is at /sluice/. */
@SpringBootApplication
public class ShopApplication {

    /** Serves until it is stopped. */
    public static void main(String[] args) {
        SpringApplication.run(ShopApplication.class, args);
    }

    @Bean
    DataMigration lowerEmails() {
        return DataMigration.of(
                "customers-lower-emails",
                Work.sql(Source.table("customers"), "update customers set email_lower = lower(email) where {batch}")
                        .remaining("email_lower is null"));
    }
}
