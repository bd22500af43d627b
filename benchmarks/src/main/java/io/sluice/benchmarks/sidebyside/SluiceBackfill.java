package io.sluice.benchmarks.sidebyside;

import static java.util.Objects.requireNonNull;

import io.sluice.Enqueue;
import io.sluice.Sluice;
import io.sluice.data.CommitMode;
import io.sluice.data.DataMigration;
import io.sluice.data.DataSettings;
import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.run.BatchSettings;
import io.sluice.run.Run;
import io.sluice.run.RunStatus;
import io.sluice.throttle.Throttle;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The engine, as an application uses it: enqueue, work, done. */
final class SluiceBackfill implements Subject {

    private static final Duration LONGEST = Duration.ofHours(2);

    /** How the work is stated. */
    enum Form {
        SQL {
            @Override
            Work work(String statement) {
                return Work.sql(Source.table("items"), statement);
            }
        },
        CODE {
            @Override
            Work work(String statement) {
                return Work.code(Source.table("items"), batch -> batch.update(statement));
            }
        };

        abstract Work work(String statement);
    }

    private final String name;
    private final Server owner;
    private final Login login;
    private final Form form;
    private final UnaryOperator<BatchSettings> settings;
    private final Throttle throttle;
    private final CommitMode commit;
    private @Nullable Sluice sluice;

    private SluiceBackfill(
            String name,
            Server owner,
            Login login,
            Form form,
            UnaryOperator<BatchSettings> settings,
            Throttle throttle,
            CommitMode commit) {
        this.name = name;
        this.owner = owner;
        this.login = login;
        this.form = form;
        this.settings = settings;
        this.throttle = throttle;
        this.commit = commit;
    }

    SluiceBackfill(String name, Server server, Form form, UnaryOperator<BatchSettings> settings, Throttle throttle) {
        this(name, server, Login.OWNER, form, settings, throttle, DataSettings.DEFAULTS.commit());
    }

    /** At full speed, by a user who may not create the function of the SQL form. */
    static SluiceBackfill withoutFunction(String name, Server server) {
        return new SluiceBackfill(
                name,
                server,
                new LoginWithoutCreate(),
                Form.SQL,
                it -> it,
                Throttle.none(),
                DataSettings.DEFAULTS.commit());
    }

    /** At full speed, and what is committed is not waited for until it is on disk. */
    static SluiceBackfill asynchronous(String name, Server server) {
        return new SluiceBackfill(
                name, server, Login.OWNER, Form.SQL, it -> it, Throttle.none(), CommitMode.ASYNCHRONOUS);
    }

    /** At full speed, in batches of a fixed size. */
    static SluiceBackfill of(String name, Server server, Form form, int lanes) {
        return new SluiceBackfill(name, server, form, it -> it.withLanes(lanes), Throttle.none());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void prepare(Workload workload) {
        close();
        Sluice installer = Sluice.builder().shard("primary", owner.r2dbc()).build();
        installer.install().then(installer.close()).block(LONGEST);
        sluice = Sluice.builder()
                .shard("primary", login.of(owner).r2dbc())
                .migrations(DataMigration.of("backfill", form.work(workload.statement("{batch}")))
                        .with(it -> settings.apply(it.withBatchSize(Math.max(10_000, 10 * workload.batch()))
                                .withSubBatchSize(workload.batch()))))
                .throttle(throttle)
                .data(DataSettings.DEFAULTS.withCommit(commit))
                .build();
    }

    @Override
    public void run(Workload workload) {
        Sluice made = requireNonNull(sluice, "prepare comes first");
        made.enqueue(Enqueue.of("backfill").again()).blockLast(LONGEST);
        Run run = requireNonNull(made.runOnce().blockLast(LONGEST), "nothing was claimed");
        if (run.status() != RunStatus.SUCCEEDED) {
            throw new IllegalStateException(name + " ended " + run.status() + ": " + run.failure());
        }
    }

    /** Asks a run that is at work to stop. */
    void cancel() {
        Sluice made = requireNonNull(sluice, "prepare comes first");
        made.runs()
                .filter(run -> !run.status().isTerminal())
                .flatMap(run -> made.cancel(run.id()), 1)
                .blockLast(LONGEST);
    }

    @Override
    public void close() {
        Sluice made = sluice;
        sluice = null;
        if (made != null) {
            made.close().block(LONGEST);
            login.end(owner);
        }
    }
}
