package io.sluice.webflux.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.R2dbcNonTransientResourceException;
import io.sluice.ShardReport;
import io.sluice.sql.DatabaseUnreachableException;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** What readers are told of a database that is away, and what whoever runs it finds in the log. */
@ExtendWith(OutputCaptureExtension.class)
class UnreachableTest {

    private static final String REFUSED = "Connection refused: db-7.internal:5432";

    private final Unreachable unreachable = new Unreachable();

    private static ShardReport report(boolean reachable, @Nullable String trouble) {
        return new ShardReport("one", reachable, trouble, null, Map.of(), 0);
    }

    @Test
    void theLogHasTheWholeOfItOnceUntilTheDatabaseIsBack(CapturedOutput log) {
        DatabaseUnreachableException away = new DatabaseUnreachableException("one", new IOException(REFUSED));

        assertThat(unreachable.told("one", away))
                .contains("'one' cannot be reached")
                .doesNotContain("db-7");
        assertThat(unreachable.trouble(report(false, away.getMessage())))
                .contains("'one' cannot be reached")
                .doesNotContain("db-7");
        assertThat(log).containsOnlyOnce(REFUSED);

        assertThat(unreachable.trouble(report(true, null))).isNull();
        unreachable.told("one", away);
        assertThat(log.toString().split(REFUSED, -1)).as("told a second time").hasSize(3);
    }

    @Test
    void whatTheEngineSaysIsForReadersAndWhatADriverSaysIsNot(CapturedOutput log) {
        assertThat(unreachable.trouble(report(true, "call install() first"))).isEqualTo("call install() first");
        assertThat(unreachable.told("one", new R2dbcNonTransientResourceException(REFUSED, "08006")))
                .contains("R2dbcNonTransientResourceException [08006]")
                .doesNotContain("db-7");
        assertThat(log).contains(REFUSED);
    }
}
