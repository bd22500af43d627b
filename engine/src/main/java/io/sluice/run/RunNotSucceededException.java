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

    /** It was given up, and enqueueing it once more does not take that back. */
    public static RunNotSucceededException cancelled(Run run) {
        return new RunNotSucceededException("run " + run.id() + " of '" + run.name() + "' with " + run.arguments()
                + " was CANCELLED; remove it, or enqueue it again()");
    }

    /** The run is a success, but what it did is not there any more. */
    public static RunNotSucceededException undone(String name, String shard) {
        return new RunNotSucceededException("'" + name + "' has succeeded on shard " + shard
                + ", but the catalog says that it is undone; enqueue it again");
    }
}
