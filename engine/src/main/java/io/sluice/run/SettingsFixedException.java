package io.sluice.run;

/** The settings of a run cannot be changed, now or ever. The caller must act: the message says what would do. */
public final class SettingsFixedException extends SluiceException {

    private static final long serialVersionUID = 1L;

    private final RunId run;
    private final RunStatus status;

    private SettingsFixedException(RunId run, RunStatus status, String why) {
        super("the settings of run " + run + " cannot be changed: " + why);
        this.run = run;
        this.status = status;
    }

    /** Nothing follows that they could hold for. */
    public static SettingsFixedException over(RunId run, RunStatus status) {
        return new SettingsFixedException(
                run, status, "it is " + status + ", and nothing follows; enqueue it again with those it shall have");
    }

    /** Its work has no batches. */
    public static SettingsFixedException ofKind(RunId run, RunStatus status, RunKind kind) {
        return new SettingsFixedException(
                run,
                status,
                "it is a run of kind " + kind + ", which has no batches; what it has is given when it is enqueued");
    }

    public RunId run() {
        return run;
    }

    public RunStatus status() {
        return status;
    }
}
