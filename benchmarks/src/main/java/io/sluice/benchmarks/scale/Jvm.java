package io.sluice.benchmarks.scale;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/** What this process uses. */
final class Jvm {

    private Jvm() {}

    /** Collects garbage, which stops the world for some milliseconds, and tells what is left, in bytes. */
    static long heapAfterCollection() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** As -Xmx has it, in bytes; what a collector calls its most may leave out a part of it. */
    static long heapLimit() {
        return Long.parseLong(ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxHeapSize")
                .getValue());
    }

    /** Of all threads since it began, the compiler and the collector of garbage among them. */
    static Duration cpuTime() {
        return Duration.ofNanos(
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime());
    }

    /** From now on, {@link #mostThreads()} is about what follows. */
    static void forgetThreads() {
        ManagementFactory.getThreadMXBean().resetPeakThreadCount();
    }

    /** Threads at one time, at most. */
    static int mostThreads() {
        return ManagementFactory.getThreadMXBean().getPeakThreadCount();
    }

    static double mebibytes(long bytes) {
        return Math.round(bytes * 10.0 / (1 << 20)) / 10.0;
    }
}
