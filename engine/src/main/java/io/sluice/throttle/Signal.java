package io.sluice.throttle;

import io.r2dbc.spi.ConnectionFactory;
import io.sluice.sql.Connections;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A measure of a database's health with a soft and a hard limit. Up to the soft one runs go at full speed, from there to the
 * hard one ever slower, and beyond it not at all. Speed falls at once and rises slowly. What cannot be measured counts as bad:
 * runs wait, and after the longest wait for it they go on at a twentieth of full speed.
 *
 * <p>It is measured only while a run asks, at most once per interval for all runs of a shard, on the shard's own connections.
 * Each measure is a class of this package that makes its signals, as {@link ReplicationLag} does.
 */
public final class Signal implements Throttle {

    private static final Duration SOONEST = Duration.ofMillis(50);
    private static final Duration LATEST = Duration.ofMinutes(1);

    /** How it is sampled. */
    record Sampling(Duration every, Duration unknownFor, Duration climb) {

        /** Soon enough that a run stops well within a second. */
        static final Sampling DEFAULTS =
                new Sampling(Duration.ofMillis(250), Duration.ofMinutes(10), Duration.ofSeconds(10));
    }

    private final String name;
    private final Limits limits;
    private final boolean ofTable;
    private final Function<Scheduler, Probe> probes;
    private final @Nullable ConnectionFactory elsewhere;
    private final Sampling sampling;

    private Signal(
            String name,
            Limits limits,
            boolean ofTable,
            Function<Scheduler, Probe> probes,
            @Nullable ConnectionFactory elsewhere,
            Sampling sampling) {
        this.name = name;
        this.limits = limits;
        this.ofTable = ofTable;
        this.probes = probes;
        this.elsewhere = elsewhere;
        this.sampling = sampling;
    }

    /** A signal of a whole shard. */
    static Signal ofShard(String name, Limits limits, Function<Scheduler, Probe> probes) {
        return new Signal(name, limits, false, probes, null, Sampling.DEFAULTS);
    }

    /** A signal of the table that a run is at work on; runs without a table pass it. */
    static Signal ofTable(String name, Limits limits, Function<Scheduler, Probe> probes) {
        return new Signal(name, limits, true, probes, null, Sampling.DEFAULTS);
    }

    /** The same, looked at in another database than the shard's. */
    Signal askedOn(ConnectionFactory other) {
        return new Signal(name, limits, ofTable, probes, other, sampling);
    }

    /**
     * How old a measured value may be: 50 ms to 1 min, default 250 ms.
     *
     * @throws IllegalArgumentException when it is out of range
     */
    public Signal every(Duration interval) {
        if (interval.compareTo(SOONEST) < 0 || interval.compareTo(LATEST) > 0) {
            throw new IllegalArgumentException(
                    "the interval of a signal must be " + SOONEST + ".." + LATEST + ", was " + interval);
        }
        return with(new Sampling(interval, sampling.unknownFor, sampling.climb));
    }

    /** The longest wait for a value that cannot be measured, default 10 min; then runs go on slowly. 0: they do so at once. */
    public Signal unknownFor(Duration longest) {
        return with(new Sampling(sampling.every, longest, sampling.climb));
    }

    /**
     * Time in which a run that was stopped comes back to full speed, default 10 s.
     *
     * @throws IllegalArgumentException when it is less than a millisecond
     */
    public Signal climbingFor(Duration fromNothing) {
        if (fromNothing.toMillis() < 1) {
            throw new IllegalArgumentException(
                    "the time to come back to full speed must be 1 ms or more, was " + fromNothing);
        }
        return with(new Sampling(sampling.every, sampling.unknownFor, fromNothing));
    }

    /** Errors always: a signal works for a shard, so it is asked through {@link #at}, as a Sluice does. */
    @Override
    public Mono<Decision> ask(RunAtWork run) {
        return Mono.error(() -> new IllegalStateException(
                name + " is asked on no shard; give it to SluiceBuilder.throttle(…), or ask what at(…) returns"));
    }

    @Override
    public Throttle at(Lookout shard) {
        Connections connections =
                elsewhere == null ? shard.connections() : shard.connections().beside(name, elsewhere);
        return new SampledSignal(this, shard.scheduler(), table -> {
            Probe probe = probe(shard.scheduler());
            return connections.lendOne(connection -> probe.look(connection, table));
        });
    }

    String name() {
        return name;
    }

    Limits limits() {
        return limits;
    }

    boolean isOfTable() {
        return ofTable;
    }

    Probe probe(Scheduler time) {
        return probes.apply(time);
    }

    Sampling sampling() {
        return sampling;
    }

    private Signal with(Sampling other) {
        return new Signal(name, limits, ofTable, probes, elsewhere, other);
    }
}
