/// Makes a result for all that ask for it at about the same time: one is made at a time, and a new one begins only a while
/// after the one before. No caller gets a result that was begun before it asked.
actor SharedResult<Value: Sendable> {
    private let spacing: Duration
    private let make: @Sendable () async -> Value
    /// The result that is being made, or the last one.
    private var running: Task<Value, Never>?
    /// The result that begins after that, for all that ask until then.
    private var waiting: Task<Value, Never>?
    private var lastBegun: ContinuousClock.Instant?

    /// - Parameter spacing: The least time from the beginning of one result to that of the next.
    init(spacing: Duration, make: @escaping @Sendable () async -> Value) {
        self.spacing = spacing
        self.make = make
    }

    var value: Value {
        get async { await (waiting ?? enqueue()).value }
    }

    private func enqueue() -> Task<Value, Never> {
        let (previous, earliest) = (running, lastBegun.map { $0 + spacing })
        let task = Task {
            _ = await previous?.value
            if let earliest { try? await Task.sleep(until: earliest, clock: .continuous) }
            begin()
            return await make()
        }
        waiting = task
        return task
    }

    private func begin() {
        (running, waiting) = (waiting, nil)
        lastBegun = .now
    }
}
