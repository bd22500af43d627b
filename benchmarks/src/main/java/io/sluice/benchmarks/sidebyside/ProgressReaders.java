package io.sluice.benchmarks.sidebyside;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/**
 * Readers of the progress of one run. They are no subject, and on the machine that is measured, so they cost as little as
 * readers can: one thread, one buffer, and nothing is decoded once a reader has begun. Of each only the tail is kept of what came.
 */
final class ProgressReaders {

    /** The line that says that each reader has been told something. */
    static final String BEGUN = "begun";

    /** The line that says that so many readers have seen the end of a run that SUCCEEDED, and all the others, too. */
    static final String ENDED = "ended ";

    private final Selector selector;
    private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
    private int begun;
    private int ended;

    private ProgressReaders(Selector selector) {
        this.selector = selector;
    }

    /**
     * Reads until all have seen the end, and says so on standard output. Fails when a stream ends otherwise.
     *
     * @param arguments the port, the path of the stream, how many readers
     */
    public static void main(String[] arguments) throws IOException {
        int readers = Integer.parseInt(arguments[2]);
        try (Selector selector = Selector.open()) {
            ProgressReaders all = new ProgressReaders(selector);
            all.connect(Integer.parseInt(arguments[0]), arguments[1], readers);
            while (all.begun < readers) {
                all.read();
            }
            System.out.println(BEGUN);
            while (all.ended < readers) {
                all.read();
            }
            System.out.println(ENDED + all.ended);
        }
    }

    /** Asks for a connection that the server closes when it has told all: where that is, nobody has to look for. */
    private void connect(int port, String path, int readers) throws IOException {
        byte[] request = ("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port
                        + "\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n")
                .getBytes(US_ASCII);
        for (int i = 0; i < readers; i++) {
            SocketChannel channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            channel.write(ByteBuffer.wrap(request));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, new Tail());
        }
    }

    private void read() throws IOException {
        selector.select();
        for (SelectionKey key : selector.selectedKeys()) {
            Tail tail = (Tail) key.attachment();
            buffer.clear();
            if (((SocketChannel) key.channel()).read(buffer) < 0) {
                key.channel().close();
                tail.requireEnd();
                ended++;
            } else {
                begun += tail.begins(buffer.flip()) ? 1 : 0;
                tail.add(buffer);
            }
        }
        selector.selectedKeys().clear();
    }

    /** The last bytes that a reader got. */
    private static final class Tail {

        /** More than the last event has, with the framing of its chunks. */
        private static final int KEPT = 200;

        private final byte[] kept = new byte[KEPT];
        private boolean told;

        /** Whether these bytes have its first event in them. */
        boolean begins(ByteBuffer more) {
            if (told) {
                return false;
            }
            told = (text() + ISO_8859_1.decode(more.duplicate())).contains("data:");
            return told;
        }

        void add(ByteBuffer more) {
            int added = Math.min(KEPT, more.remaining());
            System.arraycopy(kept, added, kept, 0, KEPT - added);
            more.position(more.limit() - added).get(kept, KEPT - added, added);
        }

        void requireEnd() {
            int end = text().lastIndexOf("event:end");
            if (end < 0 || text().indexOf("{\"status\":\"SUCCEEDED\"}", end) < 0) {
                throw new IllegalStateException("a reader did not see the run succeed, but last: " + text().strip());
            }
        }

        private String text() {
            return new String(kept, ISO_8859_1);
        }
    }
}
