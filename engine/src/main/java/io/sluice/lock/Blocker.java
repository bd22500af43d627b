package io.sluice.lock;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A session that stands in the way: it holds what another one waits for, or waits for it in front of that one. What the server
 * does not show of the sessions of other users is empty.
 *
 * @param pid its process number; 0: a prepared transaction, which has none
 * @param user who it is
 * @param application its {@code application_name}
 * @param state as in {@code pg_stat_activity}: {@code active}, {@code idle in transaction}
 * @param age time since its transaction began; zero when it has none
 * @param locks modes of the locks that are in the way, empty where it is a snapshot that is waited for
 * @param query text of its last statement; null unless query texts may be shown
 */
public record Blocker(
        int pid,
        String user,
        String application,
        String state,
        Duration age,
        String locks,
        @Nullable String query) {

    /** One line for people: {@code pid 4711 (reports, idle in transaction for 12 s, holds AccessShareLock)}. */
    public String summary() {
        StringBuilder text = new StringBuilder(pid == 0 ? "a prepared transaction" : "pid " + pid);
        text.append(" (");
        text.append(application.isEmpty() ? user : application);
        text.append(", ").append(state.isEmpty() ? "of another user" : state);
        text.append(" for ").append(age.toSeconds()).append(" s");
        if (!locks.isEmpty()) {
            text.append(", holds ").append(locks);
        }
        if (query != null) {
            text.append(": ").append(query);
        }
        return text.append(')').toString();
    }
}
