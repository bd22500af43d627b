package io.sluice.benchmarks.sidebyside;

import java.util.List;
import java.util.UUID;

/** A user who may use the ledger and the tables, but may not create functions: a sub-batch of the SQL form is a block. */
final class LoginWithoutCreate implements Login {

    private final String name = "sluice_bench_" + UUID.randomUUID().toString().replace('-', '_');
    private final String password = UUID.randomUUID().toString();

    @Override
    public Server of(Server owner) {
        owner.execute(List.of(
                "create role " + name + " login password '" + password + "'",
                "grant usage on schema sluice to " + name,
                "grant select, insert, update, delete on all tables in schema sluice to " + name,
                // the table is made anew for every run
                "alter default privileges grant select, update, delete on tables to " + name));
        return owner.as(name, password);
    }

    @Override
    public void end(Server owner) {
        owner.execute(List.of(
                "alter default privileges revoke select, update, delete on tables from " + name,
                "revoke all on all tables in schema public from " + name,
                "revoke all on all tables in schema sluice from " + name,
                "revoke all on schema sluice from " + name,
                "drop role " + name));
    }
}
