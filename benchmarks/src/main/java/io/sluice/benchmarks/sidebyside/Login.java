package io.sluice.benchmarks.sidebyside;

/** As whom the engine works on a server that has the ledger of its owner. */
interface Login {

    /** As the owner. */
    Login OWNER = owner -> owner;

    /** The server as whoever works reaches it. */
    Server of(Server owner);

    /** Leaves nothing behind. */
    default void end(Server owner) {}
}
