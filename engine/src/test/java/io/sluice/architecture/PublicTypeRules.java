package io.sluice.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.sluice.Sluice;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Which public types a user comes across who starts at the door. */
final class PublicTypeRules {

    private PublicTypeRules() {}

    static final class NotNamedAbstract extends ArchCondition<JavaClass> {

        NotNamedAbstract() {
            super("not be named Abstract…");
        }

        @Override
        public void check(JavaClass type, ConditionEvents events) {
            if (type.getSimpleName().startsWith("Abstract")) {
                events.add(SimpleConditionEvent.violated(type, type.getName() + " is named Abstract…"));
            }
        }
    }

    /**
     * What stands in the public signatures of the façade, of errors and of what those show, what is nested in it, implements it, or
     * has factories that make it: a user who needs one goes there.
     */
    static Set<JavaClass> namedByUsers(JavaClasses main) {
        Set<JavaClass> named = new HashSet<>();
        Deque<JavaClass> open = new ArrayDeque<>();
        main.stream()
                .filter(it ->
                        it.getPackageName().equals(Sluice.class.getPackageName()) || it.isAssignableTo(Throwable.class))
                .filter(it -> it.getModifiers().contains(JavaModifier.PUBLIC))
                .forEach(open::add);
        while (!open.isEmpty() || open.addAll(makersOf(named, main))) {
            JavaClass type = open.poll();
            if (type.getModifiers().contains(JavaModifier.PUBLIC) && named.add(type)) {
                type.getCodeUnits().stream()
                        .filter(it -> it.getModifiers().contains(JavaModifier.PUBLIC))
                        .flatMap(PublicTypeRules::shown)
                        .filter(main::contains)
                        .forEach(open::add);
                main.stream()
                        .filter(it ->
                                it.getEnclosingClass().filter(type::equals).isPresent()
                                        || it.getInterfaces().contains(type))
                        .forEach(open::add);
            }
        }
        return named;
    }

    /** Classes not named yet that have a public factory of something which is named, or which implements it. */
    private static List<JavaClass> makersOf(Set<JavaClass> named, JavaClasses main) {
        return main.stream()
                .filter(it -> it.getModifiers().contains(JavaModifier.PUBLIC) && !named.contains(it))
                .filter(it -> it.getMethods().stream()
                        .filter(method ->
                                method.getModifiers().containsAll(Set.of(JavaModifier.PUBLIC, JavaModifier.STATIC)))
                        .anyMatch(method -> named.stream()
                                .filter(JavaClass::isInterface)
                                .anyMatch(role -> method.getRawReturnType().isAssignableTo(role.getName()))))
                .toList();
    }

    private static Stream<JavaClass> shown(JavaCodeUnit unit) {
        return Stream.concat(Stream.of(unit.getReturnType()), unit.getParameterTypes().stream())
                .map(JavaType::getAllInvolvedRawTypes)
                .flatMap(Set::stream);
    }
}
