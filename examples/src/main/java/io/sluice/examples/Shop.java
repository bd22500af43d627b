package io.sluice.examples;

import io.sluice.testkit.Database;
import io.sluice.testkit.TestDatabase;

/** The databases of the examples: each a fresh one with a few customers, gone when the program ends. */
final class Shop {

    private Shop() {}

    /** A database with so many customers. A server is looked for as for the tests of Sluice; else one is started. */
    static Database withCustomers(int rows) {
        Database database = TestDatabase.createDatabase();
        database.execute(
                "create table customers (id bigint primary key, name text not null, email text not null,"
                        + " email_lower text, slug text, loyalty_points int not null default 0)",
                "insert into customers (id, name, email) select n, 'Customer No ' || n, 'Customer' || n || '@Example.com'"
                        + " from generate_series(1, " + rows + ") n",
                "analyze customers");
        return database;
    }

    /** Tells how many customers match a condition. */
    static void tell(Database database, String condition) {
        System.out.printf(
                "%,d customers where %s%n",
                database.queryLong("select count(*) from customers where " + condition), condition);
    }
}
