package io.sluice.scenario;

import io.sluice.testkit.Database;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A transaction-pooling proxy as strict as one can be: a few connections to the server are shared by all clients, each
 * transaction gets the one that was idle longest, and at its end the session is reset by DISCARD ALL. So nothing of a session
 * outlives a transaction: no setting, no prepared statement, no lock, no backend. Only for servers that ask for no password.
 */
final class TransactionPooler implements AutoCloseable {

    private static final int SERVER_CONNECTIONS = 8;
    private static final Wire RESET = Wire.query("discard all");

    private final Database behind;
    private final ServerSocket door;
    private final BlockingQueue<Backend> idle = new LinkedBlockingQueue<>();
    private final AtomicInteger backends = new AtomicInteger();
    private final AtomicInteger transactions = new AtomicInteger();
    private final AtomicInteger clients = new AtomicInteger();
    private final Map<Integer, AtomicReference<@Nullable Backend>> working = new ConcurrentHashMap<>();

    TransactionPooler(Database behind) {
        this.behind = behind;
        try {
            this.door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        CountingProxy.thread("door", () -> {
            while (true) {
                Socket client = door.accept();
                CountingProxy.thread("client", () -> serve(client));
            }
        });
    }

    /** The same database, reached through this pooler. */
    Database front() {
        return new Database(
                door.getInetAddress().getHostAddress(), door.getLocalPort(), behind.name(), behind.user(), "");
    }

    /** Transactions that were passed on, each to another connection than the one before it. */
    int transactions() {
        return transactions.get();
    }

    @Override
    public void close() throws IOException {
        door.close();
    }

    private void serve(Socket client) throws IOException {
        int id = clients.incrementAndGet();
        AtomicReference<@Nullable Backend> mine = new AtomicReference<>();
        client.setTcpNoDelay(true);
        try (client) {
            DataInputStream in = new DataInputStream(client.getInputStream());
            OutputStream out = client.getOutputStream();
            Wire first = Wire.readFirst(in);
            if (first.isCancelRequest()) {
                cancel(ByteBuffer.wrap(first.bytes()).getInt(8));
                return;
            }
            working.put(id, mine);
            greet(id, first, out);
            while (true) {
                Wire message = Wire.read(in);
                if (message.type() == 'X') {
                    return;
                }
                pass(message, mine, first, out);
            }
        } finally {
            working.remove(id);
            Backend left = mine.getAndSet(null);
            if (left != null) {
                left.close();
            }
        }
    }

    /** Sends one message on, and where an answer is due waits for the whole of it. Between transactions there is no backend. */
    private void pass(Wire message, AtomicReference<@Nullable Backend> mine, Wire startUp, OutputStream out)
            throws IOException {
        Backend backend = mine.get();
        if (backend == null) {
            backend = borrow(startUp);
            mine.set(backend);
            transactions.incrementAndGet();
        }
        message.writeTo(backend.out);
        if (message.asksForReadiness() && backend.relayAnswer(out)) {
            mine.set(null);
            RESET.writeTo(backend.out);
            backend.relayAnswer(OutputStream.nullOutputStream());
            idle.add(backend);
        }
        if (message.type() == 'H') {
            backend.relayWhatIsThere(out);
        }
    }

    private Backend borrow(Wire startUp) throws IOException {
        if (backends.getAndIncrement() < SERVER_CONNECTIONS) {
            Backend backend = new Backend(new Socket(behind.host(), behind.port()));
            startUp.writeTo(backend.out);
            backend.relayAnswer(OutputStream.nullOutputStream());
            return backend;
        }
        backends.decrementAndGet();
        try {
            Backend backend = idle.poll(30, TimeUnit.SECONDS);
            if (backend == null) {
                throw new IOException("no connection to the server became free");
            }
            return backend;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** What the server says to a new client, but for the key: that is this client's number here. */
    private void greet(int id, Wire startUp, OutputStream out) throws IOException {
        Backend backend = borrow(startUp);
        for (Wire said : backend.greeting) {
            if (said.type() == 'K') {
                byte[] key = said.bytes().clone();
                ByteBuffer.wrap(key).putInt(5, id);
                new Wire('K', key).writeTo(out);
            } else {
                said.writeTo(out);
            }
        }
        idle.add(backend);
    }

    private void cancel(int client) throws IOException {
        AtomicReference<@Nullable Backend> its = working.get(client);
        Backend backend = its == null ? null : its.get();
        if (backend != null) {
            try (Socket socket = new Socket(behind.host(), behind.port())) {
                backend.cancelRequest().writeTo(socket.getOutputStream());
                socket.getInputStream().read();
            }
        }
    }
}
