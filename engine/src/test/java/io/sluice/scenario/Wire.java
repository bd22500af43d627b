package io.sluice.scenario;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * One message of the <a href="https://www.postgresql.org/docs/current/protocol-message-formats.html">protocol</a> between a
 * client and the server.
 */
final class Wire {

    static final char QUERY = 'Q';
    static final char SYNC = 'S';
    static final char READY_FOR_QUERY = 'Z';
    static final int CANCEL_REQUEST = 80877102;
    private static final int MAX = 1 << 24;

    private final char type;
    private final byte[] bytes;

    Wire(char type, byte[] bytes) {
        this.type = type;
        this.bytes = bytes;
    }

    /** The first byte; 0 for a message that has no type, which is the first of a connection. */
    char type() {
        return type;
    }

    /** The whole of it. */
    byte[] bytes() {
        return bytes;
    }

    /** Reads the message with which a client begins: a start-up, or a request to cancel. */
    static Wire readFirst(DataInputStream in) throws IOException {
        return read(in, (char) 0, new byte[0]);
    }

    static Wire read(DataInputStream in) throws IOException {
        byte type = in.readByte();
        return read(in, (char) type, new byte[] {type});
    }

    private static Wire read(DataInputStream in, char type, byte[] head) throws IOException {
        int length = in.readInt();
        if (length < 4 || length > MAX) {
            throw new IOException("a message of " + length + " bytes");
        }
        byte[] bytes = new byte[head.length + length];
        ByteBuffer.wrap(bytes).put(head).putInt(length);
        in.readFully(bytes, head.length + 4, length - 4);
        return new Wire(type, bytes);
    }

    static Wire query(String sql) {
        byte[] text = sql.getBytes(StandardCharsets.UTF_8);
        ByteBuffer message = ByteBuffer.allocate(6 + text.length);
        message.put((byte) QUERY).putInt(5 + text.length).put(text).put((byte) 0);
        return new Wire(QUERY, message.array());
    }

    void writeTo(OutputStream out) throws IOException {
        out.write(bytes);
        out.flush();
    }

    /** True for a message behind which the server will say that it is ready. */
    boolean asksForReadiness() {
        return type == QUERY || type == SYNC;
    }

    /** Of a READY_FOR_QUERY: true when no transaction is open. */
    boolean isOutsideOfTransactions() {
        return bytes[5] == 'I';
    }

    boolean isCancelRequest() {
        return type == 0 && ByteBuffer.wrap(bytes).getInt(4) == CANCEL_REQUEST;
    }

    String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
