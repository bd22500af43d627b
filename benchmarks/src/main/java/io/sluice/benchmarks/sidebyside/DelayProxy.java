package io.sluice.benchmarks.sidebyside;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A network of some length in front of a server: whatever is sent arrives half a round trip later, each way, in order and at
 * any width. Timers of an event loop are as coarse as a millisecond, so one thread waits for what is due.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a channel on which writing or closing fails is closed
final class DelayProxy implements AutoCloseable {

    private final Server front;
    private final @Nullable EventLoopGroup loops;
    private final @Nullable Thread clock;

    private DelayProxy(Server front, @Nullable EventLoopGroup loops, @Nullable Thread clock) {
        this.front = front;
        this.loops = loops;
        this.clock = clock;
    }

    /** How the server is reached through it; the server itself where there is nothing to add. */
    Server front() {
        return front;
    }

    static DelayProxy to(Server server, Duration roundTrip) {
        if (roundTrip.isZero()) {
            return new DelayProxy(server, null, null);
        }
        DelayQueue<Parcel> parcels = new DelayQueue<>();
        Thread clock = new Thread(() -> deliver(parcels), "delay");
        clock.setDaemon(true);
        clock.start();
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        long delay = roundTrip.toNanos() / 2;
        Channel listening = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.AUTO_READ, false)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel client) {
                        connect(server, client, parcels, delay);
                    }
                })
                .bind("127.0.0.1", 0)
                .syncUninterruptibly()
                .channel();
        int port = ((InetSocketAddress) listening.localAddress()).getPort();
        return new DelayProxy(server.through(port), loops, clock);
    }

    private static void connect(Server server, Channel client, DelayQueue<Parcel> parcels, long delay) {
        new Bootstrap()
                .group(client.eventLoop())
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.AUTO_READ, false)
                .handler(new Relay(client, parcels, delay))
                .connect(server.host(), server.port())
                .addListener((ChannelFutureListener) connected -> {
                    if (connected.isSuccess()) {
                        client.pipeline().addLast(new Relay(connected.channel(), parcels, delay));
                        client.config().setAutoRead(true);
                        connected.channel().config().setAutoRead(true);
                    } else {
                        client.close();
                    }
                });
    }

    private static final class Relay extends ChannelInboundHandlerAdapter {

        private final Channel to;
        private final DelayQueue<Parcel> parcels;
        private final long delay;

        Relay(Channel to, DelayQueue<Parcel> parcels, long delay) {
            this.to = to;
            this.parcels = parcels;
            this.delay = delay;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            parcels.add(new Parcel(to, (ByteBuf) message, System.nanoTime() + delay));
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            parcels.add(new Parcel(to, null, System.nanoTime() + delay));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable error) {
            context.close();
        }
    }

    /** Bytes on their way; none of them: the end. */
    private static final class Parcel implements Delayed {

        private static final AtomicLong SENT = new AtomicLong();

        private final Channel to;
        private final @Nullable ByteBuf bytes;
        private final long due;
        private final long number = SENT.getAndIncrement();

        Parcel(Channel to, @Nullable ByteBuf bytes, long due) {
            this.to = to;
            this.bytes = bytes;
            this.due = due;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - System.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            Parcel parcel = (Parcel) other;
            return due == parcel.due ? Long.compare(number, parcel.number) : Long.compare(due, parcel.due);
        }
    }

    private static void deliver(DelayQueue<Parcel> parcels) {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                Parcel parcel = parcels.take();
                if (parcel.bytes == null) {
                    parcel.to.close();
                } else {
                    parcel.to.writeAndFlush(parcel.bytes);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        if (loops != null) {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
        if (clock != null) {
            clock.interrupt();
        }
    }
}
