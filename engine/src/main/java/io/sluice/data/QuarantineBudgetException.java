package io.sluice.data;

import io.sluice.run.Failure;
import io.sluice.run.RunId;
import io.sluice.run.SluiceException;

/**
 * More rows cannot be migrated than may stay behind, so the run is given up early. The operator must act: look at the errors in
 * the quarantine, mend their cause and retry the run, or allow for more.
 */
public final class QuarantineBudgetException extends SluiceException {

    private static final long serialVersionUID = 1L;

    QuarantineBudgetException(RunId run, long quarantined, QuarantineBudget budget, Failure last) {
        super("run " + run + " has " + quarantined + " rows in quarantine, and its budget is " + budget.rows()
                + " rows or " + 100 * budget.share() + " % of all, last with " + last.summary()
                + "; mend what they have in common and retry the run, or"
                + " dismiss them, or raise the budget");
    }
}
