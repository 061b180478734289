import AllocationCounter
import Benchmark

extension BenchmarkMetric {
    /// Calls of malloc and its kin, counted by `AllocationCounter`.
    static let allocations = BenchmarkMetric.custom("Allocations")
}

extension Benchmark.Configuration {
    /// A thousand operations a sample, two seconds: time on the processor's clock and on the wall's, and allocations.
    static var perThousand: Benchmark.Configuration {
        Benchmark.Configuration(
            metrics: [.wallClock, .cpuTotal, .allocations], scalingFactor: .kilo, maxDuration: .seconds(2),
            maxIterations: 100_000)
    }
}

extension Benchmark {
    /// Registers a benchmark that measures one operation, called a thousand times a sample.
    ///
    /// - Parameter prepare: Makes what the operation works on, once.
    static func operation<State>(
        _ name: String, prepare: @escaping () -> State, _ operation: @escaping (inout State, Int) -> Void
    ) {
        var prepared: State?
        Benchmark(name, configuration: .perThousand) { benchmark in
            var state = prepared ?? prepare()
            prepared = nil
            let first = benchmark.currentIteration * benchmark.scaledIterations.count
            benchmark.startMeasurement()
            let before = allocations_so_far()
            for number in benchmark.scaledIterations { operation(&state, first + number) }
            let after = allocations_so_far()
            benchmark.stopMeasurement()
            benchmark.measurement(.allocations, Int(after - before))
            prepared = state
        }
    }

    /// The same for an operation that waits.
    static func asynchronousOperation<State: Sendable>(
        _ name: String, prepare: @escaping @Sendable () async -> State,
        _ operation: @escaping @Sendable (State) async -> Void
    ) {
        let kept = Kept<State>()
        Benchmark(name, configuration: .perThousand) { benchmark in
            let state = await kept.value(prepare)
            benchmark.startMeasurement()
            let before = allocations_so_far()
            for _ in benchmark.scaledIterations { await operation(state) }
            let after = allocations_so_far()
            benchmark.stopMeasurement()
            benchmark.measurement(.allocations, Int(after - before))
        }
    }
}

/// What is made once and used by every sample.
private actor Kept<Value: Sendable> {
    private var value: Value?

    func value(_ make: @Sendable () async -> Value) async -> Value {
        if let value { return value }
        let made = await make()
        value = made
        return made
    }
}
