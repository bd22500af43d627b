package io.sluice.schema;

import static java.util.Objects.requireNonNull;

import io.r2dbc.spi.Connection;
import io.sluice.run.SchemaProgress.Counted;
import io.sluice.schema.IndexCatalog.Found;
import io.sluice.schema.PartitionTree.Branch;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * An index of a partitioned table, which PostgreSQL cannot build concurrently: the index of the table alone, which is invalid
 * at first, then concurrently the index of each partition; when all are built they are attached to it, and it becomes valid (<a
 * href="https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE">Partition
 * Maintenance</a>). Each look begins at the catalog, so it goes on wherever it was left, and sees partitions that have come.
 * PostgreSQL calls an index valid only when the last one is attached, not when the last one that lacks is dropped: so none is
 * attached while others are still to be built.
 */
final class PartitionedIndex implements Change {

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);

    private final IndexCatalog catalog = new IndexCatalog();
    private final PartitionTree tree = new PartitionTree();
    private final Relation table;
    private final IndexDefinition index;

    PartitionedIndex(Relation table, IndexDefinition index) {
        this.table = table;
        this.index = index;
    }

    @Override
    public Mono<Verdict> judge(Connection connection, boolean applied) {
        return catalog.fingerprint(connection, table, index)
                .flatMap(wanted -> catalog.find(connection, table.schema(), index.name())
                        .flatMap(root -> ofRoot(connection, root, wanted, applied))
                        .switchIfEmpty(Mono.defer(() -> begin(connection, wanted))));
    }

    /** A name that is taken is told before anything is made. */
    private Mono<Verdict> begin(Connection connection, String wanted) {
        return branches(connection, null)
                // one question after the other: they share a connection
                .flatMapIterable(branches -> branches)
                .concatMap(it -> catalog.find(connection, it.table().schema(), nameOf(it))
                        .doOnNext(found -> requireOwn(it, found, wanted))
                        .thenReturn(it))
                .collectList()
                .map(branches -> new Verdict.Next(
                        List.of(Step.locked(
                                "create index " + index.name() + " of " + table + " alone",
                                index.sql("", "only " + table.quoted()))),
                        new Counted(0, leaves(branches))));
    }

    private Mono<Verdict> ofRoot(Connection connection, Found root, String wanted, boolean applied) {
        if (root.table() != table.oid() || !root.fingerprint().equals(wanted)) {
            return Mono.error(new SchemaDefinitionException("there is an index " + index.name() + " in schema "
                    + table.schema() + " with another definition or on another table; give this one another name"));
        }
        if (root.valid()) {
            return Mono.just(
                    index.analyze() && !applied
                            ? new Verdict.Next(Step.gentle("analyze " + table, "analyze " + table.quoted())
                                    .doneOnce())
                            : new Verdict.Done());
        }
        return branches(connection, root.oid())
                .flatMap(branches -> Flux.fromIterable(branches)
                        .filter(it -> it.parentIndex() != null && it.index() == null)
                        .concatMap(it -> missing(connection, it, wanted))
                        .collectList()
                        .map(steps -> verdict(branches, steps)));
    }

    private Mono<List<Branch>> branches(Connection connection, @Nullable Long root) {
        return tree.of(connection, table.oid(), root)
                .doOnNext(it -> {
                    if (it.isForeign()) {
                        throw new SchemaDefinitionException("partition " + it.table() + " of " + table
                                + " is a foreign table, which has no indexes; detach it, or index the other partitions one"
                                + " by one");
                    }
                })
                .collectList();
    }

    /** What is short and what tells how many there are comes first; then the builds, side by side; then what completes it. */
    private Verdict verdict(List<Branch> branches, List<Missing> missing) {
        long attached = branches.stream()
                .filter(it -> it.isLeaf() && it.index() != null)
                .count();
        long built = missing.stream().filter(it -> it.isBuilt).count();
        Counted done = new Counted(attached + built, leaves(branches));
        Optional<String> busy = missing.stream()
                .filter(it -> it.step == null)
                .map(it -> it.reason)
                .findFirst();
        List<Step> first = steps(missing, it -> !it.isBuilt);
        if (!first.isEmpty()) {
            List<Step> brief =
                    first.stream().filter(it -> it.form() != Step.Form.DIRECT).toList();
            return new Verdict.Next(brief.isEmpty() ? first : brief, done);
        }
        if (busy.isPresent()) {
            return new Verdict.Later(busy.get(), LOOK_AGAIN);
        }
        List<Step> last = steps(missing, it -> it.isBuilt);
        if (last.isEmpty()) {
            throw new SchemaDefinitionException("all partitions of " + table
                    + " have their index, but PostgreSQL does not"
                    + " call " + index.name()
                    + " valid, and never will: it does so only when the last one is attached, and"
                    + " that one was dropped or detached; drop index " + index.name() + " and enqueue this again");
        }
        return new Verdict.Next(last, done);
    }

    private static List<Step> steps(List<Missing> missing, Predicate<Missing> which) {
        return missing.stream()
                .filter(which)
                .flatMap(it -> Optional.ofNullable(it.step).stream())
                .toList();
    }

    /**
     * What a partition lacks; without a step, why it has to wait.
     *
     * @param isBuilt true where it has rows of its own, and their index, which has only to be attached
     */
    private record Missing(@Nullable Step step, String reason, boolean isBuilt) {}

    private Mono<Missing> missing(Connection connection, Branch branch, String wanted) {
        String name = nameOf(branch);
        return catalog.find(connection, branch.table().schema(), name)
                .map(found -> ofFound(branch, name, found, wanted))
                .switchIfEmpty(Mono.defer(() -> branch.isLeaf() ? ofOther(connection, branch, wanted) : Mono.empty()))
                .defaultIfEmpty(new Missing(create(branch, name), "", false));
    }

    /** One of another name that is equal does as well, as it does for PostgreSQL. */
    private Mono<Missing> ofOther(Connection connection, Branch branch, String wanted) {
        return catalog.unattached(connection, branch.table(), wanted)
                .map(other -> new Missing(attach(branch, other), "", true));
    }

    private Missing ofFound(Branch branch, String name, Found found, String wanted) {
        requireOwn(branch, found, wanted);
        if (found.builder() != null) {
            return new Missing(null, "index " + name + " is being built by pid " + found.builder(), false);
        }
        return branch.isLeaf() && !found.valid()
                ? new Missing(drop(branch, name), "", false)
                : new Missing(attach(branch, name), "", branch.isLeaf());
    }

    private static void requireOwn(Branch branch, Found found, String wanted) {
        if (!isOwn(branch, found, wanted)) {
            throw new SchemaDefinitionException("the name " + found.name() + ", which the index of partition "
                    + branch.table() + " would have, is that of another index; rename that one");
        }
    }

    private static boolean isOwn(Branch branch, Found found, String wanted) {
        return found.table() == branch.table().oid() && found.fingerprint().equals(wanted);
    }

    private Step create(Branch branch, String name) {
        return branch.isLeaf()
                ? Step.concurrent(
                        "build index " + name,
                        index.withName(name).sql("concurrently", branch.table().quoted()),
                        branch.table().quoted())
                : Step.locked(
                        "create index " + name + " of " + branch.table() + " alone",
                        index.withName(name).sql("", "only " + branch.table().quoted()));
    }

    private static Step drop(Branch branch, String name) {
        return Step.drop("drop the index " + name, branch.table().quoted(name));
    }

    /** That of a partition which has partitions itself, and takes those with it that are attached to it. */
    private static Step dropAll(Branch branch, String name) {
        return Step.locked(
                "drop the index " + name,
                "drop index if exists " + branch.table().quoted(name));
    }

    private static Step attach(Branch branch, String name) {
        return Step.locked(
                "attach index " + name,
                "alter index " + requireNonNull(branch.parentIndex()) + " attach partition "
                        + branch.table().quoted(name));
    }

    private String nameOf(Branch branch) {
        return LongNames.fitting(branch.table().name() + "_" + index.name());
    }

    private static long leaves(List<Branch> branches) {
        return branches.stream().filter(Branch::isLeaf).count();
    }

    /** Half-built ones only: what is built of the others is of use to who tries again. */
    @Override
    public Flux<Step> leftovers(Connection connection) {
        return catalog.fingerprint(connection, table, index).flatMapMany(wanted -> ownAlone(connection, wanted, false));
    }

    @Override
    public Flux<Step> undone(Connection connection) {
        return catalog.fingerprint(connection, table, index)
                .flatMapMany(wanted -> ownAbove(connection, wanted)
                        .concatWith(ownAlone(connection, wanted, true))
                        .concatWith(catalog.find(connection, table.schema(), index.name())
                                .filter(root -> root.table() == table.oid()
                                        && !root.valid()
                                        && root.fingerprint().equals(wanted))
                                .filterWhen(root -> takesNothingElse(connection, root))
                                .map(root -> Step.locked(
                                        "drop the invalid index " + index.name(),
                                        "drop index " + table.quoted(index.name())))));
    }

    /** What is attached goes with it: an index that was there before it, and is not ours, must not. */
    private Mono<Boolean> takesNothingElse(Connection connection, Found root) {
        return tree.of(connection, table.oid(), root.oid())
                .filter(it -> it.isLeaf() && it.index() != null && it.index() < root.oid())
                .all(it -> nameOf(it).equals(it.indexName()));
    }

    /** Indexes with our names of partitions that have partitions themselves, which are not attached; those above first. */
    private Flux<Step> ownAbove(Connection connection, String wanted) {
        return own(connection, wanted, false).map(it -> dropAll(it.branch, it.found.name()));
    }

    /** Indexes of partitions with our names which are attached to nothing. */
    private Flux<Step> ownAlone(Connection connection, String wanted, boolean validToo) {
        return own(connection, wanted, true)
                .filter(it -> validToo || !it.found.valid())
                .map(it -> drop(it.branch, it.found.requireFree().name()).limited());
    }

    /** An index that we have made, and that is not attached yet. */
    private record Own(Branch branch, Found found) {}

    /** A name alone makes no index ours: what is like the definition was made for it, or does as well. */
    private Flux<Own> own(Connection connection, String wanted, boolean ofLeaves) {
        return catalog.find(connection, table.schema(), index.name())
                .map(root -> Optional.of(root.oid()))
                .defaultIfEmpty(Optional.empty())
                .flatMapMany(root -> tree.of(connection, table.oid(), root.orElse(null)))
                .collectList()
                .flatMapIterable(branches -> branches)
                .filter(it -> it.index() == null && it.isLeaf() == ofLeaves)
                .concatMap(it -> catalog.find(connection, it.table().schema(), nameOf(it))
                        .filter(found -> isOwn(it, found, wanted))
                        .map(found -> new Own(it, found)));
    }

    @Override
    public Flux<String> notes(Connection connection) {
        return catalog.twins(connection, table, index);
    }
}
