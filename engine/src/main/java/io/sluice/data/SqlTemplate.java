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

    /** What is skipped as it is; or (last) a place. See the manual, section 4.1 "Lexical Structure". */
    private static final Pattern TOKEN = Pattern.compile(
            "'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|(\\$[A-Za-z_]*\\$).*?\\1|--[^\\n]*"
                    + "|/\\*.*?\\*/|(?<param>\\$\\d+)|(?<semicolon>;)|\\{(?<name>[A-Za-z_]\\w*)(?::(?<alias>[A-Za-z_]\\w*))?\\}",
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

    private static SqlTemplate parse(String statement, boolean parameters) {
        String text = statement.strip();
        if (text.endsWith(";")) {
            text = text.substring(0, text.length() - 1);
        }
        List<Piece> pieces = new ArrayList<>();
        Matcher token = TOKEN.matcher(text);
        int literal = 0;
        while (token.find()) {
            refuse(token, parameters, text);
            if (token.group("name") != null) {
                pieces.add(new Piece(text.substring(literal, token.start()), null, null));
                pieces.add(new Piece("", token.group("name"), token.group("alias")));
                literal = token.end();
            }
        }
        pieces.add(new Piece(text.substring(literal), null, null));
        SqlTemplate template = new SqlTemplate(text, pieces);
        if (!template.names().contains(BATCH)) {
            throw new DefinitionException(
                    "the statement must say {batch} where the rows of a batch are chosen: " + text);
        }
        return template;
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
