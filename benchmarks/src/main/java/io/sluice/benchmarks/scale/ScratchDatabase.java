package io.sluice.benchmarks.scale;

import java.util.UUID;

/** A database for one measurement: empty at first, dropped at the end, and nobody else's. */
record ScratchDatabase(Target server, String name) implements AutoCloseable {

    static ScratchDatabase on(Target server) {
        // made up, so that what a killed one has left behind is in nobody's way
        String name = "sluice_scale_" + UUID.randomUUID().toString().replace('-', '_');
        server.execute("create database " + name + " template template0");
        return new ScratchDatabase(server, name);
    }

    Target target() {
        return server.database(name);
    }

    @Override
    public void close() {
        server.execute("drop database if exists " + name + " with (force)");
    }
}
