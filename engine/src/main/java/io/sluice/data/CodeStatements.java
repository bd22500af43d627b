package io.sluice.data;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The statements of a migration's code, each read once: there are few where values are bound, as they should be. */
final class CodeStatements {

    /** Whoever writes values into the text has another one for every batch; beyond this they are read each time. */
    private static final int KEPT = 100;

    private final Map<String, SqlTemplate> kept = new ConcurrentHashMap<>();

    /**
     * The statement as a template.
     *
     * @throws DefinitionException when it lacks {@code {batch}} or names something else
     */
    SqlTemplate read(String statement) {
        SqlTemplate known = kept.get(statement);
        if (known != null) {
            return known;
        }
        SqlTemplate template = SqlTemplate.parseCode(statement);
        for (String name : template.names()) {
            if (!name.equals(SqlTemplate.BATCH)) {
                throw new DefinitionException("{" + name + "} in: " + statement + "; values are $1, $2, … here");
            }
        }
        if (kept.size() < KEPT) {
            kept.put(statement, template);
        }
        return template;
    }
}
