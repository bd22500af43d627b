package io.sluice;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.blockhound.BlockingOperationError;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** BlockHound watches every test of this module: whoever blocks a thread of Reactor fails. */
class NonBlockingThreadsTest {

    @Test
    void areWatched() {
        Mono<Void> sleeps = Mono.<Void>fromCallable(() -> {
                    TimeUnit.MILLISECONDS.sleep(1);
                    return null;
                })
                .subscribeOn(Schedulers.parallel());

        assertThatThrownBy(sleeps::block).hasRootCauseInstanceOf(BlockingOperationError.class);
    }
}
