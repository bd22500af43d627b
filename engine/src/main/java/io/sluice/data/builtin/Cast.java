package io.sluice.data.builtin;

/** What makes the value of a copied column from that of the other: a function of one value, or an expression. */
public final class Cast {

    private final Options options;

    private Cast(Options options) {
        this.options = options;
    }

    /**
     * A function that is called with the value.
     *
     * @param name as in SQL: {@code lower}, {@code app.normalised}
     */
    public static Cast function(String name) {
        return new Cast(Options.NONE.with("function", name));
    }

    /** An SQL expression on the columns of the row: {@code amount::numeric / 100}. */
    public static Cast expression(String sql) {
        return new Cast(Options.NONE.with("expression", sql));
    }

    Options options() {
        return options;
    }
}
