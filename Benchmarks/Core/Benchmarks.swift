import Benchmark

/// Every benchmark of this package, registered where the tool looks for them.
let benchmarks: @Sendable () -> Void = {
    registerDecisionBenchmarks()
    registerComparisonBenchmarks()
    registerCodecBenchmarks()
    registerRefusalBenchmarks()
    registerResponseTimeBenchmarks()
    registerLockedBenchmarks()
}
