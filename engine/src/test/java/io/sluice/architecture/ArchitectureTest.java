package io.sluice.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.sluice.Sluice;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscriber;

/** The rooms of the engine, the one way in which arrows point between them, and what no room may do. */
class ArchitectureTest {

    private static final String ROOT = "io.sluice";

    /** Main code only: without tests, and without the testkit, which is compiled with them. */
    private static final JavaClasses MAIN = new ClassFileImporter()
            .importUrl(Sluice.class.getProtectionDomain().getCodeSource().getLocation());

    /** Which rooms a room may look into; a room that is not here may look everywhere. */
    private static final Map<String, Set<String>> MAY_SEE = Map.ofEntries(
            Map.entry("run", Set.<String>of()),
            Map.entry("event", Set.of("run")),
            Map.entry("flow", Set.<String>of()),
            Map.entry("sql", Set.of("run")),
            Map.entry("shard", Set.of("run", "sql")),
            Map.entry("ledger", Set.of("run", "event", "shard", "sql")),
            Map.entry("throttle", Set.of("run", "event", "shard", "sql")),
            Map.entry("lock", Set.of("run", "sql")),
            Map.entry("data", Set.of("flow", "run", "event", "shard", "sql", "ledger", "throttle")),
            Map.entry("schema", Set.of("run", "event", "shard", "sql", "ledger", "throttle", "lock")),
            Map.entry("worker", Set.of("flow", "run", "event", "shard", "sql", "ledger", "throttle", "data")));

    private static Stream<String> rooms() {
        return MAIN.getPackage(ROOT).getSubpackages().stream().map(JavaPackage::getRelativeName);
    }

    @Test
    void itIsMainCodeThatIsLookedAt() {
        assertThat(MAIN.contain(Sluice.class)).isTrue();
        assertThat(MAIN.contain(ArchitectureTest.class)).isFalse();
        assertThat(MAIN.contain("io.sluice.testkit.SettableClock")).isFalse();
    }

    @ParameterizedTest
    @MethodSource("rooms")
    void arrowsPointOneWay(String room) {
        assertThat(MAY_SEE).as("a new room needs its place among the arrows").containsKey(room);
        Set<String> seen = MAY_SEE.get(room);

        noClasses()
                .that(in(room))
                .should()
                .dependOnClassesThat(new DescribedPredicate<>("live in rooms other than " + seen) {
                    @Override
                    public boolean test(JavaClass target) {
                        String name = target.getPackageName();
                        boolean ours = name.equals(ROOT) || name.startsWith(ROOT + ".");
                        return ours
                                && Stream.concat(seen.stream(), Stream.of(room)).noneMatch(it -> in(it).test(target));
                    }
                })
                .check(MAIN);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(MAIN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"org.springframework..", "java.sql..", "javax.sql..", "com.fasterxml..", "org.postgresql.."})
    void theEngineDoesNotKnow(String stranger) {
        noClasses().should().dependOnClassesThat(resideInAPackage(stranger)).check(MAIN);
    }

    @Test
    void nothingBlocksOrGoesToThreadsThatMay() {
        Map<String, Set<String>> blocking = Map.of(
                "reactor.core.publisher.",
                Set.of("block", "blockOptional", "blockFirst", "blockLast", "toIterable", "toStream", "toFuture"),
                "reactor.core.scheduler.Schedulers",
                Set.of("boundedElastic", "newBoundedElastic", "fromExecutor", "fromExecutorService"),
                "java.lang.Thread",
                Set.of("sleep", "join", "start"),
                "java.lang.Object",
                Set.of("wait"),
                "java.util.concurrent.",
                Set.of("await", "join", "sleep", "acquire", "take"));

        noClasses().should().callMethodWhere(oneOf(blocking)).check(MAIN);
    }

    /** A chain is subscribed to by whoever uses it. Handing a subscriber on is what operators do; a consumer has no owner. */
    @Test
    void nobodySubscribesButTheWorkforce() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("io.sluice.Workforce")
                .should()
                .callMethodWhere(method(
                        "subscribes without a subscriber",
                        call -> call.getName().equals("subscribe")
                                && call.getTarget().getRawParameterTypes().stream()
                                        .noneMatch(it -> it.isAssignableTo(Subscriber.class))))
                .check(MAIN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"onErrorContinue", "publishOn", "subscribeOn"})
    void nobodyCalls(String operator) {
        noClasses()
                .should()
                .callMethodWhere(method(
                        "calls " + operator,
                        call -> call.getName().equals(operator)
                                && call.getTargetOwner().getName().startsWith("reactor.core.publisher.")))
                .check(MAIN);
    }

    /** Clocks and schedulers are given, so that tests can give others; only the builder has defaults. */
    @Test
    void nobodyLooksAtTheWallClock() {
        Map<String, Set<String>> clocks = Map.of(
                "java.lang.System",
                Set.of("currentTimeMillis", "nanoTime"),
                "java.time.",
                Set.of("now", "systemUTC", "systemDefaultZone"),
                "reactor.core.scheduler.Schedulers",
                Set.of("parallel", "single", "immediate", "newParallel", "newSingle"));

        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("io.sluice.SluiceBuilder")
                .should()
                .callMethodWhere(oneOf(clocks))
                .check(MAIN);
    }

    @Test
    void everyPackageIsNullMarked() {
        List<String> unmarked = Stream.concat(
                        Stream.of(MAIN.getPackage(ROOT)), MAIN.getPackage(ROOT).getSubpackagesInTree().stream())
                .filter(it -> !it.getClasses().isEmpty() && !it.isAnnotatedWith(NullMarked.class))
                .map(JavaPackage::getName)
                .toList();

        assertThat(unmarked).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Manager", "Helper", "Util", "Utils", "Impl", "Processor", "Info"})
    void noNameSaysNothing(String suffix) {
        noClasses().should().haveSimpleNameEndingWith(suffix).check(MAIN);
    }

    @Test
    void noPublicNameIsThatOfAHalf() {
        classes()
                .that()
                .arePublic()
                .should(new PublicTypeRules.NotNamedAbstract())
                .check(MAIN);
    }

    /** A class is public because a user names it or because another room needs it; what only its own room uses is hidden. */
    @Test
    void whatOnlyItsOwnRoomUsesIsHidden() {
        Set<JavaClass> named = PublicTypeRules.namedByUsers(MAIN);
        Set<String> needlesslyPublic = MAIN.stream()
                .filter(it -> it.getModifiers().contains(JavaModifier.PUBLIC) && it.isTopLevelClass())
                .filter(it -> !named.contains(it))
                .filter(it -> it.getDirectDependenciesToSelf().stream()
                        .allMatch(use -> use.getOriginClass().getPackageName().equals(it.getPackageName())))
                .map(JavaClass::getName)
                .collect(Collectors.toCollection(HashSet::new));

        assertThat(needlesslyPublic).isEmpty();
    }

    private static DescribedPredicate<JavaClass> in(String room) {
        return resideInAPackage(ROOT + "." + room + "..");
    }

    private static DescribedPredicate<JavaMethodCall> method(String description, Predicate<JavaMethodCall> call) {
        return DescribedPredicate.describe(description, call);
    }

    /** Methods by name, under the beginning of the name of who has them. */
    private static DescribedPredicate<JavaMethodCall> oneOf(Map<String, Set<String>> methods) {
        return method(
                "is one of " + methods,
                call -> methods.entrySet().stream()
                        .anyMatch(it -> call.getTargetOwner().getName().startsWith(it.getKey())
                                && it.getValue().contains(call.getName())));
    }
}
