package io.sluice.webflux.api;

import io.sluice.Inspection;
import io.sluice.Sluice;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.propertyeditors.CustomCollectionEditor;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.WebDataBinder;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.InitBinder;
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
    private final Map<Integer, SharedLook<List<GroupView>>> newest = new ConcurrentHashMap<>();

    GroupsController(Sluice sluice, GroupFinder groups) {
        this.sluice = sluice;
        this.groups = groups;
    }

    /** What the gate is asked for comes as it was sent: Spring would split it at commas and trim it, within arguments too. */
    @InitBinder({"migration", "schema"})
    void asItWasSent(WebDataBinder binder) {
        binder.registerCustomEditor(List.class, new CustomCollectionEditor(List.class));
    }

    /** Those that were enqueued last first. */
    @GetMapping("/groups")
    Mono<List<GroupView>> groups(@RequestParam(defaultValue = "50") int limit) {
        Mono<List<GroupView>> look =
                sluice.inspect().groups(limit).map(GroupView::of).collectList();
        boolean known = limit >= 1 && limit <= Inspection.MOST;
        return known
                ? newest.computeIfAbsent(limit, any -> new SharedLook<>(look)).seen()
                : look;
    }

    @GetMapping("/groups/{kind}/{name}")
    Mono<GroupView> group(
            @PathVariable String kind, @PathVariable String name, @RequestParam(defaultValue = "[]") String arguments) {
        return groups.find(kind, name, arguments).map(GroupView::of);
    }

    /**
     * 200 when everything that is named has succeeded on all of its shards, 409 when not: the answer says what is missing.
     *
     * @param migration data migrations, joined by commas or each in a parameter of its own: a name, or a name and arguments, {@code
     *     copy-column["a", 1]}
     * @param schema schema migrations by name, each in a parameter of its own
     */
    @GetMapping("/gate")
    Mono<ResponseEntity<GateView>> gate(
            @RequestParam(required = false) @Nullable List<String> migration,
            @RequestParam(required = false) @Nullable List<String> schema) {
        List<NamedMigration> migrations = NamedMigration.all(migration == null ? List.of() : migration);
        List<String> schemas = schema == null ? List.of() : schema;
        if (migrations.isEmpty() && schemas.isEmpty()) {
            throw new IllegalArgumentException("say what the gate is for: migration or schema, a name");
        }
        return Flux.concat(
                        Flux.fromIterable(migrations).concatMap(named -> sluice.group(named.name(), named.arguments())),
                        Flux.fromIterable(schemas).concatMap(name -> groups.find("schema", name, "[]")))
                .map(GroupView::of)
                .collectList()
                .map(GateView::of)
                .map(view -> ResponseEntity.status(view.open() ? HttpStatus.OK : HttpStatus.CONFLICT)
                        .body(view));
    }
}
