package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CodeStatementsTest {

    private static final String UPDATE = "update items set done = $1 where {batch}";

    private final CodeStatements statements = new CodeStatements();

    @Test
    void aStatementIsReadOnce() {
        assertThat(statements.read(UPDATE)).isSameAs(statements.read(UPDATE));
    }

    @Test
    void whoWritesValuesIntoTheTextFillsNoMemoryAndIsReadAllTheSame() {
        IntStream.range(0, 1_000).forEach(it -> statements.read("update items set done = " + it + " where {batch}"));

        assertThat(statements.read(UPDATE)).isNotSameAs(statements.read(UPDATE));
        assertThat(statements.read(UPDATE).names()).containsExactly(SqlTemplate.BATCH);
    }

    @Test
    void whatIsNotTheBatchIsNoNameOfAValue() {
        String named = "update items set done = {done} where {batch}";

        for (int attempt = 0; attempt < 2; attempt++) {
            assertThatThrownBy(() -> statements.read(named))
                    .isInstanceOf(DefinitionException.class)
                    .hasMessageContaining("{done}")
                    .hasMessageContaining("values are $1, $2");
        }
    }
}
