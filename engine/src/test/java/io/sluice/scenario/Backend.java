package io.sluice.scenario;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** One connection of a {@link TransactionPooler} to the server. Used by one thread at a time. */
final class Backend {

    private static final int QUIET_MS = 15;

    /** All that the server said at the beginning. */
    final List<Wire> greeting = new ArrayList<>();

    final OutputStream out;
    private final Socket socket;
    private final DataInputStream in;
    private boolean greeted;

    Backend(Socket socket) throws IOException {
        socket.setTcpNoDelay(true);
        this.socket = socket;
        this.in = new DataInputStream(socket.getInputStream());
        this.out = socket.getOutputStream();
    }

    /** Passes on what the server says until it is ready; true when no transaction is open then. */
    boolean relayAnswer(OutputStream to) throws IOException {
        while (true) {
            Wire message = Wire.read(in);
            if (!greeted) {
                greeting.add(message);
            }
            message.writeTo(to);
            if (message.type() == Wire.READY_FOR_QUERY) {
                greeted = true;
                return message.isOutsideOfTransactions();
            }
        }
    }

    /** Passes on what the server says to a request for what it has so far; there is no sign of its end but silence. */
    void relayWhatIsThere(OutputStream to) throws IOException {
        long until = System.nanoTime() + QUIET_MS * 1_000_000L;
        while (System.nanoTime() < until) {
            if (in.available() > 0) {
                Wire.read(in).writeTo(to);
                until = System.nanoTime() + QUIET_MS * 1_000_000L;
            }
            Thread.onSpinWait();
        }
    }

    /** A request to cancel what runs on this connection; the key may be longer than the four bytes of older servers. */
    Wire cancelRequest() {
        byte[] key = greeting.stream()
                .filter(it -> it.type() == 'K')
                .findFirst()
                .orElseThrow()
                .bytes();
        ByteBuffer request = ByteBuffer.allocate(8 + key.length - 5);
        request.putInt(request.capacity()).putInt(Wire.CANCEL_REQUEST).put(key, 5, key.length - 5);
        return new Wire((char) 0, request.array());
    }

    void close() throws IOException {
        socket.close();
    }
}
