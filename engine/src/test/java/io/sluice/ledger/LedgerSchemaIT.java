package io.sluice.ledger;

import static io.sluice.ledger.LedgerOnTrial.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.sluice.shard.Shard;
import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The ledger is installed whole or not at all, and one that this engine may not use is left as it is. */
class LedgerSchemaIT {

    private static final String TABLES =
            "select string_agg(table_name, ' ' order by table_name) from information_schema.tables where table_schema = '";

    private final Database database = TestDatabase.createDatabase();
    private final Ledger ledger = new Ledger(Shard.of("primary", database.connectionFactory()), Schedulers.parallel());

    @AfterEach
    void close() {
        ledger.close().block(SOON);
        database.close();
    }

    @Test
    void installsFromNothing() {
        ledger.schema().install().block(SOON);

        assertThat(database.queryString(TABLES + "sluice'"))
                .isEqualTo("batch data_run event event_counter lane ledger quarantine run schema_run");
        assertThat(versions()).isEqualTo(LedgerSchema.VERSION + " 5");
        ledger.schema().check().block(SOON);
    }

    @Test
    void installingAgainChangesNothing() {
        ledger.schema().install().block(SOON);
        String before = fingerprint();

        ledger.schema().install().block(SOON);

        assertThat(fingerprint()).isEqualTo(before);
    }

    @Test
    void twentyInstancesMayInstallAtOnce() {
        List<Ledger> instances = IntStream.range(0, 20)
                .mapToObj(i -> new Ledger(Shard.of("primary", database.connectionFactory()), Schedulers.parallel()))
                .toList();

        Flux.fromIterable(instances)
                .flatMap(it -> it.schema().install(), instances.size())
                .then()
                .block(SOON);

        assertThat(versions()).isEqualTo(LedgerSchema.VERSION + " 5");
        assertThat(database.queryLong("select count(*) from sluice.event_counter"))
                .isEqualTo(1);
        Flux.fromIterable(instances).flatMap(Ledger::close).blockLast(SOON);
    }

    @Test
    void aMissingLedgerIsToldOfByName() {
        assertThatThrownBy(() -> ledger.schema().check().block(SOON))
                .isInstanceOf(LedgerException.class)
                .hasMessageContainingAll("shard 'primary' has no ledger", "schema 'sluice'", "install()");
    }

    @Test
    void anOutdatedLedgerIsRefusedUntilItIsInstalled() {
        installedUpToVersion1();

        assertThatThrownBy(() -> ledger.schema().check().block(SOON))
                .isInstanceOf(LedgerException.class)
                .hasMessageContainingAll("version 1", "needs " + LedgerSchema.VERSION, "install()");
        assertThat(versions()).isEqualTo("1 1");
        ledger.schema().install().block(SOON);

        assertThat(versions()).isEqualTo(LedgerSchema.VERSION + " 5");
        ledger.schema().check().block(SOON);
    }

    @Test
    void aLedgerThatIsTooNewIsRefusedAndLeftAsItIs() {
        ledger.schema().install().block(SOON);
        int needed = LedgerSchema.VERSION + 1;
        database.execute("update sluice.ledger set version = %d, lowest_engine = %d".formatted(needed + 1, needed));
        String before = fingerprint();

        for (Mono<Void> use : List.of(ledger.schema().check(), ledger.schema().install())) {
            assertThatThrownBy(() -> use.block(SOON))
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContainingAll(
                            "version " + (needed + 1),
                            "ledger version " + needed + " or newer",
                            "this one has " + LedgerSchema.VERSION);
        }

        assertThat(fingerprint()).isEqualTo(before);
    }

    @Test
    void aNewerLedgerThatAllowsThisEngineIsLeftAsItIs() {
        ledger.schema().install().block(SOON);
        database.execute(
                "alter table sluice.run add column colour text",
                "update sluice.ledger set version = " + (LedgerSchema.VERSION + 1));
        String before = fingerprint();

        ledger.schema().install().block(SOON);
        ledger.schema().check().block(SOON);

        assertThat(fingerprint()).isEqualTo(before);
    }

    @Test
    void withoutTheRightToCreateASchemaNothingIsDone() {
        Ledger denied = asUserWithout(List.of());

        assertThatThrownBy(() -> denied.schema().install().block(SOON))
                .isInstanceOf(LedgerException.class)
                .hasMessageContainingAll(
                        "no right to install", "shard 'primary'", "grant CREATE", "nothing was changed");

        assertThat(database.queryLong("select count(*) from pg_namespace where nspname = 'sluice'"))
                .isZero();
        denied.close().block(SOON);
    }

    @Test
    void aSchemaThatItsOwnerMadeIsEnough() {
        String user = database.name() + "_user";
        Ledger granted =
                asUserWithout(List.of("create schema sluice", "grant create, usage on schema sluice to " + user));

        granted.schema().install().block(SOON);

        granted.schema().check().block(SOON);
        granted.close().block(SOON);
    }

    @Test
    void withoutTheRightToLookIntoTheSchemaItIsSaidSo() {
        ledger.schema().install().block(SOON);
        Ledger denied = asUserWithout(List.of());

        for (Mono<Void> use : List.of(denied.schema().check(), denied.schema().install())) {
            assertThatThrownBy(() -> use.block(SOON))
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining("no right");
        }
        denied.close().block(SOON);
    }

    @ParameterizedTest
    @ValueSource(strings = {"My Ledger", "it's \"quoted\" $1 ${x}", "größe"})
    void theSchemaMayHaveAnyName(String schema) {
        Ledger named = new Ledger(
                Shard.of("primary", database.connectionFactory()).withLedgerSchema(schema), Schedulers.parallel());

        named.schema().install().block(SOON);

        named.schema().check().block(SOON);
        assertThat(database.queryString(TABLES + schema.replace("'", "''") + "'"))
                .isEqualTo("batch data_run event event_counter lane ledger quarantine run schema_run");
        assertThat(database.queryLong("select count(*) from pg_namespace where nspname = 'sluice'"))
                .isZero();
        named.close().block(SOON);
    }

    /** Connects as a user who may do nothing but what these statements grant. */
    private Ledger asUserWithout(List<String> grants) {
        String user = database.name() + "_user";
        database.execute("create role " + user + " login password 'secret'");
        database.execute(grants.toArray(String[]::new));
        ConnectionFactoryOptions options = database.options()
                .mutate()
                .option(ConnectionFactoryOptions.USER, user)
                .option(ConnectionFactoryOptions.PASSWORD, "secret")
                .build();
        return new Ledger(Shard.of("primary", ConnectionFactories.get(options)), Schedulers.parallel());
    }

    private void installedUpToVersion1() {
        ledger.schema().install().block(SOON);
        database.execute(
                "drop index sluice.event_of_run",
                "drop table sluice.data_run, sluice.lane, sluice.batch, sluice.quarantine cascade",
                "drop function sluice.key_text, sluice.key_value, sluice.open_sub_batch, sluice.begin_sub_batch, sluice.next_size,"
                        + " sluice.checkpoint(bigint, text[], bigint, bigint),"
                        + " sluice.checkpoint(bigint, text[], bigint, bigint, integer),"
                        + " sluice.next_batch, sluice.enqueue_data_migration",
                "drop table sluice.schema_run",
                "drop function sluice.root_of, sluice.is_undone, sluice.enqueue_schema, sluice.enqueue_schema_migration,"
                        + " sluice.claim_schema, sluice.hold_schema_run, sluice.applied, sluice.may_clean_up, sluice.hold_clean_up,"
                        + " sluice.is_superseded, sluice.plain_definition",
                "alter table sluice.run drop column root_table",
                "update sluice.ledger set version = 1, lowest_engine = 1");
    }

    private String versions() {
        return database.queryString("select version || ' ' || lowest_engine from sluice.ledger");
    }

    /** Everything there is in the ledger, down to the row that has its version. */
    private String fingerprint() {
        return database.queryString(
                "select (select string_agg(c.oid || c.relname || c.xmin, ' ' order by c.oid) from pg_class c"
                        + " where c.relnamespace = 'sluice'::regnamespace) || (select string_agg(p.oid || p.proname || p.xmin, ' '"
                        + " order by p.oid) from pg_proc p where p.pronamespace = 'sluice'::regnamespace)"
                        + " || (select l::text || l.xmin from sluice.ledger l)");
    }
}
