package io.sluice.data.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "price * 100",
                "PRICE + 1",
                "\"price\"",
                "users.price",
                "\"users\" . \"price\"",
                "coalesce(other, price)",
                "to_jsonb(users)",
                "row(users.*)",
                "'a' || price -- note"
            })
    void itReadsAColumnWhereverItIsMentioned(String sql) {
        assertThat(new Expression(sql).reads("users", Set.of("price"))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lower(email)",
                "users.email",
                "'price'",
                "E'\\' price'",
                "$$price$$",
                "$a$ price $a$",
                "prices + price2",
                "\"Price\"",
                "\"a\"\"price\"",
                "1 /* price */ -- price"
            })
    void itDoesNotReadWhatIsNoNameOfIt(String sql) {
        assertThat(new Expression(sql).reads("users", Set.of("price"))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "now()",
                "date_trunc('day', Now() - created_at)",
                "CURRENT_TIMESTAMP",
                "gen_random_uuid()",
                "public.uuid_generate_v4()",
                "nextval('s')"
            })
    void itChangesByItself(String sql) {
        assertThat(new Expression(sql).changesByItself()).isTrue();
    }

    @Test
    void mostDoNot() {
        assertThat(new Expression("lower(email) || 'now()'").changesByItself()).isFalse();
    }

    @Test
    void aCommentAtItsEndEndsThere() {
        assertThat(new Expression("a -- note").inParentheses()).isEqualTo("(a -- note\n)");
    }
}
