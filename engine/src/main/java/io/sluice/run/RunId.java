package io.sluice.run;

import java.util.Objects;

/** Names one run: the shard whose ledger holds it, and its number there. Written {@code shard:number}. */
public record RunId(String shard, long number) implements Comparable<RunId> {

    public RunId {
        Objects.requireNonNull(shard, "shard");
    }

    /**
     * Reads what {@link #toString()} wrote.
     *
     * @throws IllegalArgumentException when the text is not {@code shard:number}
     */
    public static RunId parse(String text) {
        int colon = text.lastIndexOf(':');
        try {
            if (colon == 0) {
                throw new NumberFormatException("no shard");
            }
            return new RunId(text.substring(0, colon), Long.parseLong(text.substring(colon + 1)));
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            throw new IllegalArgumentException("a run id is written shard:number, was '" + text + "'", e);
        }
    }

    @Override
    public int compareTo(RunId other) {
        int byShard = shard.compareTo(other.shard);
        return byShard != 0 ? byShard : Long.compare(number, other.number);
    }

    @Override
    public String toString() {
        return shard + ":" + number;
    }
}
