package io.sluice.webflux.api;

import io.sluice.Sluice;
import io.sluice.event.SluiceEvent;
import io.sluice.run.Run;
import io.sluice.run.RunId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import reactor.core.publisher.Mono;

/** The runs that events are about, looked up once for all readers. Only what never changes of a run may be asked of these. */
final class RunsOfEvents {

    private static final int MOST = 10_000;

    private final Sluice sluice;

    private final Map<RunId, Run> known = Collections.synchronizedMap(new LinkedHashMap<>() {

        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<RunId, Run> eldest) {
            return size() > MOST;
        }
    });

    RunsOfEvents(Sluice sluice) {
        this.sluice = sluice;
    }

    /** Errors with {@link io.sluice.run.RunNotFoundException} where it is gone. */
    Mono<Run> find(RunId run) {
        return Mono.defer(() -> {
            Run found = known.get(run);
            return found != null ? Mono.just(found) : sluice.run(run).doOnNext(it -> known.put(run, it));
        });
    }

    /** Behind a gap numbers may mean other runs: the journal may be that of another database. */
    void told(SluiceEvent event) {
        if (event instanceof SluiceEvent.Gap) {
            known.clear();
        }
    }
}
