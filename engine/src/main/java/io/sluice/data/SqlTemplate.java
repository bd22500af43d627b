package io.sluice.data;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A statement with places in braces: {@code {batch}}, {@code {batch:alias}} and named values. Braces inside literals, quoted
 * names, dollar quotes and comments are left alone, so that {@code '{red,green}'} stays an array.
 */
public final class SqlTemplate {

    static final String BATCH = "batch";

    /** A name may hold a dollar sign: what begins in the middle of one is neither a quote nor a parameter. */
    private static final String NOT_IN_NAME = "(?<![\\w$\\x80-\\uffff])";

    /**
     * What is skipped as it is; or (last) a place. See the manual, section 4.1 "Lexical Structure". A doubled quote ends one
     * literal and begins the next, which skips the same. The loops are possessive, so that a long literal does not eat the stack.
     */
    private static final Pattern TOKEN = Pattern.compile(
            NOT_IN_NAME + "[eE]'[^'\\\\]*+(?:(?:\\\\.|'')[^'\\\\]*+)*+'"
                    + "|'[^']*+'"
                    + "|\"[^\"]*+\""
                    + "|" + NOT_IN_NAME + "(\\$(?:[A-Za-z_\\x80-\\uffff][\\w\\x80-\\uffff]*+)?\\$).*?\\1"
                    + "|(?<line>--[^\\r\\n]*+)"
                    + "|(?<block>/\\*)"
                    + "|" + NOT_IN_NAME + "(?<param>\\$\\d+)"
                    + "|(?<semicolon>;)"
                    + "|\\{(?<name>[A-Za-z_]\\w*)(?::(?<alias>[A-Za-z_]\\w*))?\\}",
            Pattern.DOTALL);

    private final String text;
    private final List<Piece> pieces;

    private SqlTemplate(String text, List<Piece> pieces) {
        this.text = text;
        this.pieces = pieces;
    }

    /** Either literal text, or a place with a name. */
    private record Piece(
            String text, @Nullable String name, @Nullable String alias) {}

    /** A place in a statement. */
    record Place(String name, @Nullable String alias) {}

    /**
     * Reads the statement of a migration in SQL form.
     *
     * @throws DefinitionException when it lacks {@code {batch}}, has a second statement behind it or has parameters of its own
     */
    static SqlTemplate parse(String statement) {
        return parse(statement, false);
    }

    /** Reads a statement of code, which has parameters of its own. */
    static SqlTemplate parseCode(String statement) {
        return parse(statement, true);
    }

    /** Reads a condition, which is put into {@code {batch}} and may name values. */
    static SqlTemplate parseCondition(String condition) {
        SqlTemplate template = pieces(condition, false);
        if (template.names().contains(BATCH)) {
            throw new DefinitionException(
                    "a condition becomes part of {batch}, so it cannot say {batch}: " + condition);
        }
        return template;
    }

    private static SqlTemplate parse(String statement, boolean parameters) {
        SqlTemplate template = pieces(statement, parameters);
        if (!template.names().contains(BATCH)) {
            throw new DefinitionException(
                    "the statement must say {batch} where the rows of a batch are chosen: " + template);
        }
        return template;
    }

    private static SqlTemplate pieces(String statement, boolean parameters) {
        String text = statement.strip();
        if (text.endsWith(";")) {
            text = text.substring(0, text.length() - 1);
        }
        List<Piece> pieces = new ArrayList<>();
        Matcher token = TOKEN.matcher(text);
        int literal = 0;
        boolean endsInComment = false;
        for (int at = 0; token.find(at); at = end(token, text)) {
            refuse(token, parameters, text);
            if (token.group("name") != null) {
                pieces.add(new Piece(text.substring(literal, token.start()), null, null));
                pieces.add(new Piece("", token.group("name"), token.group("alias")));
                literal = token.end();
            }
            endsInComment = token.group("line") != null && token.end() == text.length();
        }
        // what is put behind the statement must not become part of its comment
        pieces.add(new Piece(text.substring(literal) + (endsInComment ? "\n" : ""), null, null));
        return new SqlTemplate(text, pieces);
    }

    /** Where the token ends; block comments nest, as the standard says, which no regular expression knows. */
    private static int end(Matcher token, String text) {
        int at = token.end();
        int depth = token.group("block") == null ? 0 : 1;
        while (depth > 0 && at < text.length()) {
            int step = text.startsWith("/*", at) ? 1 : text.startsWith("*/", at) ? -1 : 0;
            depth += step;
            at += step == 0 ? 1 : 2;
        }
        return at;
    }

    private static void refuse(Matcher token, boolean parameters, String text) {
        if (token.group("semicolon") != null) {
            throw new DefinitionException("one statement at a time, this has a ';' inside: " + text);
        }
        if (token.group("param") != null && !parameters) {
            throw new DefinitionException("write values as {name} and give them with bind(name, value), not as "
                    + token.group() + ": " + text);
        }
    }

    /** Names of all places. */
    Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        for (Piece piece : pieces) {
            if (piece.name != null) {
                names.add(piece.name);
            }
        }
        return names;
    }

    /** The statement with each place replaced by what the function gives for it. */
    String render(Function<Place, String> replacement) {
        StringBuilder sql = new StringBuilder();
        for (Piece piece : pieces) {
            sql.append(piece.name == null ? piece.text : replacement.apply(new Place(piece.name, piece.alias)));
        }
        return sql.toString();
    }

    @Override
    public String toString() {
        return text;
    }
}
