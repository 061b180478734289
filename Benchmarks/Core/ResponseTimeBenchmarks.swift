import Benchmark
import ParallaxCore
import Synchronization

/// What counting response times and seeing who waits costs a request.
func registerResponseTimeBenchmarks() {
    Benchmark.operation("response time, counted", prepare: { LatencyCounters() }) { counters, number in
        counters.record(.microseconds(number & 1_023))
    }
    Benchmark.operation("response time, counted with its wait", prepare: { WaitedTimes() }) { waited, number in
        waited.record(.microseconds(number & 1_023))
    }
    Benchmark.operation("caller that waits, in and out", prepare: { WaitingCallers() }) { callers, _ in
        callers.leave(callers.enter(since: .seconds(1_000)))
    }
    Benchmark.operation("all who wait, looked at once", prepare: { WaitingCallers() }) { callers, _ in
        blackHole(callers.ages(at: .seconds(1_000)))
    }
    Benchmark.operation("place in the hold-out", prepare: { try! Identity(identifier: "client-12345") }) {
        blackHole(IdentityShare.heldOut.contains($0, percent: $1 < 0 ? 0 : 5))
    }
}

/// Three histograms that agree.
private final class WaitedTimes {
    private let times = Mutex(AnsweredTimes())

    func record(_ duration: Duration) {
        times.withLock { $0.record(duration, wait: duration / 2) }
    }
}
