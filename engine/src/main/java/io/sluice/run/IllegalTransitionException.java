package io.sluice.run;

import java.util.Set;

/** The run does not stand where this verb can be used. The caller must act: {@link #allowed()} says what is possible. */
public final class IllegalTransitionException extends SluiceException {

    private static final long serialVersionUID = 1L;

    private final RunId run;
    private final Verb verb;
    private final RunStatus status;

    public IllegalTransitionException(RunId run, Verb verb, RunStatus status) {
        super("run " + run + " is " + status + " and cannot be asked to " + verb + "; from here "
                + (Verb.allowedIn(status).isEmpty() ? "nothing is allowed" : "allowed: " + Verb.allowedIn(status)));
        this.run = run;
        this.verb = verb;
        this.status = status;
    }

    public RunId run() {
        return run;
    }

    public Verb verb() {
        return verb;
    }

    public RunStatus status() {
        return status;
    }

    /** The verbs that would move the run from where it stands. */
    public Set<Verb> allowed() {
        return Verb.allowedIn(status);
    }
}
