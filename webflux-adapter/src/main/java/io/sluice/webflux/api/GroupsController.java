package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.run.Arguments;
import java.util.ArrayList;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Migrations over all of their shards, and the gate that deploys wait at. */
@RestController
@RequestMapping(path = "${sluice.web.base-path:/sluice}/api", produces = MediaType.APPLICATION_JSON_VALUE)
class GroupsController {

    private final Sluice sluice;
    private final GroupFinder groups;

    GroupsController(Sluice sluice, GroupFinder groups) {
        this.sluice = sluice;
        this.groups = groups;
    }

    /** Those that were enqueued last first. */
    @GetMapping("/groups")
    Mono<List<GroupView>> groups(@RequestParam(defaultValue = "50") int limit) {
        return sluice.inspect().groups(limit).map(GroupView::of).collectList();
    }

    @GetMapping("/groups/{kind}/{name}")
    Mono<GroupView> group(
            @PathVariable String kind, @PathVariable String name, @RequestParam(defaultValue = "[]") String arguments) {
        return groups.find(kind, name, arguments).map(GroupView::of);
    }

    /**
     * 200 when everything that is named has succeeded on all of its shards, 409 when not: the answer says what is missing.
     *
     * @param migration data migrations: a name, or a name and arguments, {@code copy-column["a", 1]}
     * @param schema schema migrations by name
     */
    @GetMapping("/gate")
    Mono<ResponseEntity<GateView>> gate(
            @RequestParam(defaultValue = "") List<String> migration,
            @RequestParam(defaultValue = "") List<String> schema) {
        if (migration.isEmpty() && schema.isEmpty()) {
            throw new IllegalArgumentException("say what the gate is for: migration or schema, a name");
        }
        return Flux.concat(
                        Flux.fromIterable(Named.all(migration))
                                .concatMap(named -> sluice.group(named.name(), named.arguments())),
                        Flux.fromIterable(schema).concatMap(name -> groups.find("schema", name, "[]")))
                .map(GroupView::of)
                .collectList()
                .map(GateView::of)
                .map(view -> ResponseEntity.status(view.open() ? HttpStatus.OK : HttpStatus.CONFLICT)
                        .body(view));
    }

    /** A migration as the gate is asked for it. */
    private record Named(String name, Arguments arguments) {

        /** Spring splits a parameter at its commas; those within the arguments are put back. */
        static List<Named> all(List<String> texts) {
            List<String> whole = new ArrayList<>();
            for (String text : texts) {
                int last = whole.size() - 1;
                if (last >= 0
                        && whole.get(last).contains("[")
                        && !whole.get(last).endsWith("]")) {
                    whole.set(last, whole.get(last) + "," + text);
                } else {
                    whole.add(text);
                }
            }
            return whole.stream().map(Named::of).toList();
        }

        private static Named of(String text) {
            int bracket = text.indexOf('[');
            return bracket < 0
                    ? new Named(text, Arguments.none())
                    : new Named(text.substring(0, bracket), Arguments.parse(text.substring(bracket)));
        }
    }
}
