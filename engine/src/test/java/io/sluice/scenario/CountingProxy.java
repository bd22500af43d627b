package io.sluice.scenario;

import io.sluice.testkit.Database;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Stands between a client and the server and counts, per connection, what goes over the wire. It changes nothing. */
final class CountingProxy implements AutoCloseable {

    private final Database behind;
    private final ServerSocket door;
    private final List<Line> lines = new CopyOnWriteArrayList<>();

    CountingProxy(Database behind) {
        this.behind = behind;
        try {
            this.door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread("door", () -> {
            while (true) {
                Line line = new Line(door.accept(), new Socket(behind.host(), behind.port()));
                lines.add(line);
                line.open();
            }
        });
    }

    /** The same database, reached through this proxy. */
    Database front() {
        return new Database(
                door.getInetAddress().getHostAddress(),
                door.getLocalPort(),
                behind.name(),
                behind.user(),
                behind.password());
    }

    /** The first connection over which a query with this text went. */
    Line lineThatSaid(String text) {
        return lines.stream()
                .filter(line -> line.queriesThatSaid(text) > 0)
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void close() throws IOException {
        door.close();
        for (Line line : lines) {
            line.close();
        }
    }

    /** One connection. A round trip is asked for by a message that the server answers with its readiness. */
    static final class Line {

        private final Socket client;
        private final Socket server;
        private final List<String> said = new CopyOnWriteArrayList<>();
        private final AtomicInteger asked = new AtomicInteger();
        private final AtomicInteger answered = new AtomicInteger();
        private final AtomicInteger mostInFlight = new AtomicInteger();

        Line(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        int roundTrips() {
            return answered.get();
        }

        /** Requests that had been sent and not been answered, at most. */
        int mostInFlight() {
            return mostInFlight.get();
        }

        /** How many simple queries had this text in them. */
        long queriesThatSaid(String text) {
            return said.stream().filter(it -> it.contains(text)).count();
        }

        private void open() {
            thread("requests", () -> relay(client, server, this::request, true));
            thread("answers", () -> relay(server, client, this::answer, false));
        }

        private void request(Wire message) {
            if (message.type() == Wire.QUERY) {
                said.add(message.text());
            }
            if (message.asksForReadiness()) {
                int inFlight = asked.incrementAndGet() - answered.get();
                mostInFlight.accumulateAndGet(inFlight, Math::max);
            }
        }

        private void answer(Wire message) {
            if (message.type() == Wire.READY_FOR_QUERY && asked.get() > 0) {
                answered.incrementAndGet();
            }
        }

        private void close() throws IOException {
            client.close();
            server.close();
        }

        private static void relay(Socket from, Socket to, Consumer<Wire> counter, boolean begins) throws IOException {
            from.setTcpNoDelay(true);
            try (from;
                    to) {
                DataInputStream in = new DataInputStream(from.getInputStream());
                OutputStream out = to.getOutputStream();
                Wire message = begins ? Wire.readFirst(in) : Wire.read(in);
                while (true) {
                    counter.accept(message);
                    message.writeTo(out);
                    message = Wire.read(in);
                }
            }
        }
    }

    /** Work of a thread of its own, which ends with its socket. */
    @FunctionalInterface
    interface SocketWork {
        void run() throws IOException;
    }

    static void thread(String name, SocketWork work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        // the other end is gone, and that is how it ends
                    }
                },
                "proxy-" + name);
        thread.setDaemon(true);
        thread.start();
    }
}
