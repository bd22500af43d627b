package io.sluice.webflux.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** However many ask, one look is under way, and nobody is told what was seen before it asked. */
class SharedLookTest {

    private final List<Sinks.One<String>> looks = new ArrayList<>();

    private final SharedLook<String> shared = new SharedLook<>(Mono.defer(() -> {
        Sinks.One<String> look = Sinks.one();
        looks.add(look);
        return look.asMono();
    }));

    private final List<String> told = new ArrayList<>();

    private void ask(String who) {
        shared.seen()
                .subscribe(it -> told.add(who + " " + it), error -> told.add(who + " " + error.getMessage()), () -> {});
    }

    @Test
    void whoComesWhileOneIsUnderWayWaitsForTheNextWithAllOthers() {
        ask("first");
        ask("second");
        ask("third");
        assertThat(looks).hasSize(1);

        looks.get(0).tryEmitValue("old");

        assertThat(told).containsExactly("first old");
        assertThat(looks).hasSize(2);
        looks.get(1).tryEmitValue("new");
        assertThat(told).containsExactly("first old", "second new", "third new");
    }

    @Test
    void eachWhoComesAloneLooksAnew() {
        for (int i = 0; i < 3; i++) {
            ask("only");
            looks.get(i).tryEmitValue("look " + i);
        }

        assertThat(told).containsExactly("only look 0", "only look 1", "only look 2");
    }

    @Test
    void aLookThatFailsIsToldToItsOwnOnly() {
        ask("first");
        ask("second");

        looks.get(0).tryEmitError(new IllegalStateException("broken"));
        looks.get(1).tryEmitValue("mended");

        assertThat(told).containsExactly("first broken", "second mended");
    }

    @Test
    void whoDoesNotWaitTakesItFromNobody() {
        StepVerifier.create(shared.seen()).thenCancel().verify();
        ask("patient");

        looks.get(0).tryEmitValue("seen");
        looks.get(1).tryEmitValue("seen again");

        assertThat(told).containsExactly("patient seen again");
    }

    @Test
    void aLookThatSeesNothingIsEmptyAndTheNextBegins() {
        StepVerifier.create(shared.seen())
                .then(() -> looks.get(0).tryEmitEmpty())
                .verifyComplete();
        ask("next");

        assertThat(looks).hasSize(2);
    }
}
