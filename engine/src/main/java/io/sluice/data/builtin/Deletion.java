package io.sluice.data.builtin;

import io.sluice.data.Source;
import io.sluice.data.Work;
import io.sluice.data.Work.SqlWork;

/** A DELETE of the rows of a condition, after which none of them remains. */
final class Deletion {

    private Deletion() {}

    static SqlWork of(Source source, String condition) {
        return once(source, condition).remaining(condition);
    }

    /** Without counting and sweeping: for a condition which some rows come to fulfil while it runs. */
    static SqlWork once(Source source, String condition) {
        return Work.sql(source, "delete from " + source.table().quoted() + " where {batch} and " + condition);
    }
}
