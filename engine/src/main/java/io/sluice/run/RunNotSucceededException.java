package io.sluice.run;

/** A run that had to be a success is not one. The operator must act on the run; whoever needs the data migrated must wait. */
public final class RunNotSucceededException extends SluiceException {

    private static final long serialVersionUID = 1L;

    private RunNotSucceededException(String message) {
        super(message);
    }

    public static RunNotSucceededException of(Run run) {
        Failure failure = run.failure();
        return new RunNotSucceededException("run " + run.id() + " of '" + run.name() + "' is " + run.status()
                + (failure == null ? "" : ", last error " + failure.summary()) + "; allowed now: "
                + Verb.allowedIn(run.status()));
    }

    public static RunNotSucceededException of(RunGroup group) {
        StringBuilder where = new StringBuilder();
        group.members().stream()
                .filter(it -> it.status() != RunGroup.Status.SUCCEEDED)
                .forEach(it -> where.append(' ').append(it.shard()).append('=').append(it.status()));
        return new RunNotSucceededException("migration '" + group.name() + "' with arguments " + group.arguments()
                + " has not succeeded everywhere:" + where + "; run it to its end (finish) or wait for it");
    }
}
