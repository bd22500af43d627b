package io.sluice.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqlTemplateTest {

    /** Each place is shown as {@code <name>} or {@code <name:alias>}. */
    private static String rendered(String statement) {
        return SqlTemplate.parse(statement).render(SqlTemplateTest::shown);
    }

    private static String shown(SqlTemplate.Place place) {
        return "<" + place.name() + (place.alias() == null ? "" : ":" + place.alias()) + ">";
    }

    @Nested
    class Places {

        @Test
        void areReplacedEachByItsOwn() {
            assertThat(rendered("update t set a = {value}, b = {value} where {batch} and c > {other_1}"))
                    .isEqualTo("update t set a = <value>, b = <value> where <batch> and c > <other_1>");
        }

        @Test
        void mayCarryAnAlias() {
            assertThat(rendered("update t u set a = 1 from v where {batch:u} and u.id = v.id"))
                    .isEqualTo("update t u set a = 1 from v where <batch:u> and u.id = v.id");
        }

        @Test
        void mayStandSideBySideAndAtBothEnds() {
            assertThat(rendered("{a}{b}{batch}")).isEqualTo("<a><b><batch>");
        }

        @Test
        void areNamedInTheirOrder() {
            assertThat(SqlTemplate.parse("{b} {batch} {a} {b}").names()).containsExactly("b", "batch", "a");
        }

        @Test
        void whatReplacesThemIsNotLookedIntoAgain() {
            assertThat(SqlTemplate.parse("{batch} {a}").render(place -> "{a} $1 ;"))
                    .isEqualTo("{a} $1 ; {a} $1 ;");
        }

        @ParameterizedTest
        @ValueSource(strings = {"{}", "{ a }", "{1}", "{a b}", "{a:}", "{a:1}", "{a::text}", "{a", "a}", "{{", "{ä}"})
        void mustHaveAPlainName(String text) {
            assertThat(rendered("{batch} " + text)).isEqualTo("<batch> " + text);
        }
    }

    @Nested
    class LeftAlone {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "'{red,green}'",
                    "'it''s {a}'",
                    "'' || '{a}'",
                    "''''",
                    "'''{a}'''",
                    "'-- {a}'",
                    "'/* {a}'",
                    "'a;b $1'",
                    "e'it\\'s {a}'",
                    "E'\\\\' || '{a}'",
                    "E'\\'' || '{a}'",
                    "'\\' || '{a}'",
                    "name'\\' || '{a}'",
                    "\"{a}\"",
                    "\"say \"\"{a}\"\"\"",
                    "\"a'b\" || '{a}'",
                    "$${a}$$",
                    "$$it's {a}; $1$$",
                    "$body$ {a} $$ {b} $body$",
                    "$b1$ {a} $b1$",
                    "$_$ {a} $_$",
                    "$größe$ {a} $größe$",
                    "/* {a} ; $1 ' */",
                    "/* /* {a} */ {b} ' */",
                    "/* /*/ {a} */ {b} */",
                    "/**/ '{a}'",
                    "$$\n{a}\n$$",
                    "e'\\\n {a}'",
                    "-- {a} ; $1 it's\n",
                    "a$b$c",
                    "a$1",
                    "'{a}' -- {b}\n, '{c}'"
                })
        void areLiteralsQuotedNamesAndComments(String text) {
            assertThat(rendered("{batch} and " + text + " = {x}")).isEqualTo("<batch> and " + text + " = <x>");
        }

        @Test
        void isALiteralOfAnyLength() {
            String literal = "'" + "it''s {a} ".repeat(20_000) + "'";

            assertThat(rendered("{batch} " + literal)).isEqualTo("<batch> " + literal);
        }

        @ParameterizedTest
        @ValueSource(strings = {"'", "\"", "$$", "$x$", "/*", "e'"})
        void isAnythingOfAnyLength(String quote) {
            String end = quote.equals("/*") ? "*/" : quote.replace("e", "");
            String quoted = quote + " {a} x".repeat(50_000) + end;

            assertThat(rendered(quoted + " {batch}")).isEqualTo(quoted + " <batch>");
        }

        @Test
        void aDollarInANameBeginsNoQuote() {
            assertThat(rendered("a$b$ {x} c$b$ {batch}")).isEqualTo("a$b$ <x> c$b$ <batch>");
        }

        @Test
        void twoDollarQuotesAreTwo() {
            assertThat(rendered("$$a$$ {x} $$b$$ {batch}")).isEqualTo("$$a$$ <x> $$b$$ <batch>");
        }

        @Test
        void aBlockCommentEndsWhereItEnds() {
            assertThat(rendered("/* a */ {x} /* b */ {batch}")).isEqualTo("/* a */ <x> /* b */ <batch>");
        }

        @Test
        void aLineCommentEndsWithItsLine() {
            assertThat(rendered("update t -- {a}\nset b = {x} where {batch}"))
                    .isEqualTo("update t -- {a}\nset b = <x> where <batch>");
            assertThat(rendered("x {batch} -- {a}\nand b")).isEqualTo("x <batch> -- {a}\nand b");
        }
    }

    @Nested
    class Refused {

        private static void refused(String statement, String message) {
            assertThatExceptionOfType(DefinitionException.class)
                    .isThrownBy(() -> SqlTemplate.parse(statement))
                    .withMessageContaining(message)
                    .withMessageContaining(statement.strip());
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "update t set a = 1",
                    "select '{batch}'",
                    "-- {batch}",
                    "/* {batch} */ x",
                    "{Batch}",
                    "{batches}",
                    ""
                })
        void isAStatementThatSaysNoBatch(String statement) {
            refused(statement, "the statement must say {batch} where the rows of a batch are chosen");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "update t set a = 1 where {batch}; drop table t",
                    "begin; update t set a = 1 where {batch}",
                    "update t set a = 'x' where {batch};; select 1",
                    "update t set a = '\\'; drop table t; --' where {batch}"
                })
        void isASecondStatement(String statement) {
            refused(statement, "one statement at a time, this has a ';' inside");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"update t set a = $1 where {batch}", "update t set a = b+$12 where {batch}", "$1 {batch}"})
        void isAParameterOfItsOwn(String statement) {
            refused(statement, "write values as {name} and give them with bind(name, value), not as $1");
        }

        @Test
        void isNotTheParameterOfCode() {
            SqlTemplate template = SqlTemplate.parseCode("update t set a = $1 where {batch}");

            assertThat(template.render(SqlTemplateTest::shown)).isEqualTo("update t set a = $1 where <batch>");
            assertThat(template.names()).isEqualTo(Set.of("batch"));
        }
    }

    @Nested
    class Ends {

        @ParameterizedTest
        @ValueSource(strings = {"x {batch};", "x {batch} ; ", "\n x {batch}\n;\n", "x {batch}"})
        void withOrWithoutASemicolon(String statement) {
            assertThat(rendered(statement).strip()).isEqualTo("x <batch>");
        }

        /** What comes behind the statement must not become part of its last comment. */
        @ParameterizedTest
        @ValueSource(strings = {"x {batch} -- all of them", "x {batch} -- all of them;", "-- a\nx {batch} --"})
        void soThatMoreCanFollow(String statement) {
            String more = rendered(statement) + "; more";

            assertThat(more.lines().reduce((one, next) -> next)).hasValue("; more");
        }
    }

    @Test
    void isShownAsItWasWritten() {
        assertThat(SqlTemplate.parse("  update t set a = {a} where {batch};  "))
                .hasToString("update t set a = {a} where {batch}");
    }
}
