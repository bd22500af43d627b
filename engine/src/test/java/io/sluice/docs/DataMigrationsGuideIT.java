package io.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.r2dbc.spi.Result;
import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.Callbacks;
import io.sluice.data.DataMigration;
import io.sluice.data.DefinitionException;
import io.sluice.data.ItemSource;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The declarations of docs/guides/data-migrations.md, each run to its end. */
class DataMigrationsGuideIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = TestDatabase.createDatabase();
    private Sluice sluice =
            Sluice.builder().shard("main", database.connectionFactory()).build();

    @BeforeEach
    void tables() {
        database.execute(
                "create table users (id bigint primary key, email text, email_lower text, phone text, phone_e164 text,"
                        + " country text, deleted_at timestamptz, tries int not null default 0, city text)",
                "insert into users (id, email, phone, deleted_at)"
                        + " select n, 'U' || n || '@X.org', '0' || n, case when n % 10 = 0 then now() end"
                        + " from generate_series(1, 2500) n",
                "create table addresses (id bigint primary key, user_id bigint, country text)",
                "insert into addresses select n, n, 'DE' from generate_series(1, 2500) n",
                "create table readings (device uuid not null, at timestamptz not null, celsius numeric, kelvin numeric)",
                "create unique index readings_once on readings (device, at)",
                "insert into readings select gen_random_uuid(), now() - n * interval '1 hour', n"
                        + " from generate_series(1, 1500) n");
    }

    @AfterEach
    void close() {
        sluice.close().block(SOON);
    }

    @Test
    void aStatementForEachSubBatch() {
        // tag::sql-form[]
        DataMigration lowerEmail = DataMigration.of(
                "users-lower-email",
                Work.sql(Source.table("users"), "update users set email_lower = lower(email) where {batch}"));
        // end::sql-form[]

        run(lowerEmail, Enqueue.of("users-lower-email"));

        assertThat(count("users where email_lower = lower(email)")).isEqualTo(2500);
    }

    @Test
    void aStatementOverTwoTables() {
        // tag::two-tables[]
        DataMigration country = DataMigration.of("users-country", Work.sql(Source.table("users"), """
                        update users u set country = a.country from addresses a
                         where a.user_id = u.id and {batch:u}"""));
        // end::two-tables[]

        run(country, Enqueue.of("users-country"));

        assertThat(count("users where country = 'DE'")).isEqualTo(2500);
    }

    @Test
    void namedValues() {
        // tag::values[]
        DataMigration tries = DataMigration.of(
                "users-tries",
                Work.sql(
                                Source.table("users"),
                                "update users set tries = {tries}::integer, city = {city} where {batch}")
                        .bind("tries", 3)
                        .bind("city", "L'Aquila"));
        // end::values[]

        run(tries, Enqueue.of("users-tries"));

        assertThat(count("users where tries = 3 and city = 'L''Aquila'")).isEqualTo(2500);
    }

    @Test
    void aFilterAndAnotherKey() {
        // tag::filter[]
        Source living = Source.table("users").where("deleted_at is null");
        // end::filter[]
        // tag::by-index[]
        Source byDevice = Source.table("readings").by("readings_once");
        // end::by-index[]

        run(
                DataMigration.of("count-living", Work.sql(living, "update users set tries = tries + 1 where {batch}")),
                Enqueue.of("count-living"));
        run(
                DataMigration.of(
                        "kelvin", Work.sql(byDevice, "update readings set kelvin = celsius + 273.15 where {batch}")),
                Enqueue.of("kelvin"));

        assertThat(count("users where tries = 1")).isEqualTo(2250);
        assertThat(count("readings where kelvin = celsius + 273.15")).isEqualTo(1500);
    }

    @Test
    void aPartOfTheTable() {
        DataMigration tries = DataMigration.of(
                "users-tries", Work.sql(Source.table("users"), "update users set tries = tries + 1 where {batch}"));

        // tag::bounds[]
        Enqueue part = Enqueue.of("users-tries").from(1_001).to(2_000);
        // end::bounds[]
        run(tries, part);

        assertThat(count("users where tries = 1 and id between 1001 and 2000")).isEqualTo(1000);
        assertThat(count("users where tries = 1")).isEqualTo(1000);
    }

    @Test
    void whatRemains() {
        // tag::remaining[]
        DataMigration lowerEmail = DataMigration.of(
                "users-lower-email",
                Work.sql(Source.table("users"), "update users set email_lower = lower(email) where {batch}")
                        .remaining("email_lower is null and email is not null"));
        // end::remaining[]

        run(lowerEmail, Enqueue.of("users-lower-email"));

        assertThat(count("sluice.data_run where phase = 'COUNTING' and pass = 1"))
                .isEqualTo(1);
    }

    @Test
    void arguments() {
        // tag::arguments[]
        DataMigration country = DataMigration.of(
                "users-set-country",
                arguments -> Work.sql(
                                Source.table("users"),
                                "update users set country = {country} where {batch} and phone like {prefix} || '%'")
                        .bind("prefix", "0" + arguments.number(0))
                        .bind("country", arguments.text(1)));
        // end::arguments[]
        // tag::with-arguments[]
        Enqueue germany = Enqueue.of("users-set-country").arguments(49, "DE");
        // end::with-arguments[]

        run(country, germany);

        assertThat(count("users where country = 'DE'")).isEqualTo(count("users where phone like '049%'"));
        assertThatThrownBy(() -> sluice.enqueue(Enqueue.of("users-set-country").arguments("DE", 49))
                        .blockLast(SOON))
                .isInstanceOf(DefinitionException.class)
                .hasMessageContaining("argument 0 must be a whole number");
    }

    @Test
    void codeInTheTransaction() {
        // tag::code-form[]
        record Phone(long user, String number) {}

        DataMigration phones = DataMigration.of(
                "users-phone",
                Work.code(
                        Source.table("users").where("phone is not null"),
                        batch -> batch.rows(
                                        "select id, phone from users where {batch}",
                                        row -> new Phone(row.get(0, Long.class), row.get(1, String.class)))
                                .collectList()
                                .flatMap(found -> batch.update(
                                        """
                                        update users set phone_e164 = p.number
                                          from unnest($1::bigint[], $2::text[]) as p (id, number)
                                         where users.id = p.id and {batch:users}""",
                                        found.stream().map(Phone::user).toArray(Long[]::new),
                                        found.stream()
                                                .map(phone -> PhoneNumbers.e164(phone.number()))
                                                .toArray(String[]::new)))));
        // end::code-form[]

        run(phones, Enqueue.of("users-phone"));

        assertThat(count("users where phone_e164 = '+49' || substr(phone, 2)")).isEqualTo(2500);
    }

    /** Stands for code that a statement cannot do. */
    private static final class PhoneNumbers {
        static String e164(String phone) {
            return "+49" + phone.substring(1);
        }
    }

    @Test
    void workOutsideOfTheDatabase() {
        Map<Long, String> indexed = new ConcurrentHashMap<>();
        SearchIndex search = (id, text) -> Mono.fromRunnable(() -> indexed.put(id, text));

        // tag::outside[]
        DataMigration index = DataMigration.of(
                "users-index",
                Work.code(
                        Source.table("users"),
                        batch -> batch.rows(
                                        "select id, email from users where {batch}",
                                        row -> new Found(row.get(0, Long.class), row.get(1, String.class)))
                                .collectList()
                                .flatMapMany(Flux::fromIterable)
                                .flatMap(user -> search.put(user.id(), user.email()), 8)
                                .then(Mono.just(0L))));
        // end::outside[]
        run(index, Enqueue.of("users-index"));

        assertThat(indexed).hasSize(2500).containsEntry(7L, "U7@X.org");
    }

    private interface SearchIndex {
        Mono<Void> put(long id, String text);
    }

    private record Found(long id, String email) {}

    @Test
    void itemsThatAreNoRows() {
        database.execute("create table customers (id bigint primary key, name text)");
        Crm crm = id -> Flux.range((int) id + 1, (int) (2300 - id)).map(n -> new Customer(n, "C" + n));

        // tag::items[]
        ItemSource<Customer> source = cursor -> crm.customersAfter(cursor == null ? 0 : Long.parseLong(cursor))
                .map(customer -> new ItemSource.Item<>(customer, Long.toString(customer.id())));

        DataMigration copy = DataMigration.of("customers-from-crm", Work.items(source, (connection, customers) -> {
            Long[] ids = customers.stream().map(Customer::id).toArray(Long[]::new);
            String[] names = customers.stream().map(Customer::name).toArray(String[]::new);
            return Flux.from(connection
                            .createStatement("insert into customers select * from unnest($1::bigint[], $2::text[])")
                            .bind(0, ids)
                            .bind(1, names)
                            .execute())
                    .flatMap(Result::getRowsUpdated);
        }));
        // end::items[]
        run(copy, Enqueue.of("customers-from-crm"));

        assertThat(count("customers where name = 'C' || id")).isEqualTo(2300);
    }

    private interface Crm {
        Flux<Customer> customersAfter(long id);
    }

    @Test
    void callbacksAreCalled() {
        List<String> told = new CopyOnWriteArrayList<>();
        // tag::callbacks[]
        DataMigration plusOne = DataMigration.of(
                        "plus-one", Work.sql(Source.table("users"), "update users set tries = tries + 1 where {batch}"))
                .callbacks(Callbacks.none()
                        .afterStart(run -> Mono.fromRunnable(() -> told.add("started " + run.id())))
                        .afterComplete(run -> Mono.fromRunnable(() -> told.add("completed " + run.id()))));
        // end::callbacks[]

        run(plusOne, Enqueue.of("plus-one"));

        assertThat(told).containsExactly("started main:1", "completed main:1");
    }

    private record Customer(long id, String name) {}

    @Test
    void wrongArgumentsAndUnknownColumnsAreRefusedBeforeAnythingIsDone() {
        DataMigration wrong = DataMigration.of(
                "wrong", Work.sql(Source.table("users"), "update users set nothing = 1 where {batch}"));

        assertThatThrownBy(() -> run(wrong, Enqueue.of("wrong")))
                .isInstanceOf(DefinitionException.class)
                .hasMessageContaining("nothing");
        assertThat(count("sluice.run")).isZero();
    }

    private void run(DataMigration migration, Enqueue order) {
        sluice.close().block(SOON);
        sluice = Sluice.builder()
                .shard("main", database.connectionFactory())
                .migrations(migration)
                .build();
        sluice.install().block(SOON);
        List<?> done = sluice.enqueue(order.inline()).collectList().block(SOON);
        assertThat(done).hasSize(1);
    }

    private long count(String what) {
        return database.queryLong("select count(*) from " + what);
    }
}
