import CommandSupport
import DivergenceStore
import Logging
import ParallaxCore
import Simulation

/// A database that a recorder has filled, and more written into it.
struct StoreDatabase: Sendable {
    /// How much it holds.
    struct Size: Encodable, Sendable {
        var compared = 10_000_000
        var divergences = 1_000_000
        var days = 1
    }

    let size: Size
    let store: DivergenceStore
    private let recorder: Recorder
    private let end: Timestamp
    private var workload: StoreWorkload
    private static let rowsAtOnce = 32_768

    /// - Parameter path: Of a new file.
    init(path: String, size: Size, workload: StoreWorkload) throws {
        self.size = size
        self.workload = workload
        store = try DivergenceStore(path: path)
        var settings = Recorder.Settings()
        settings.maximumRowsPerMinuteAndGroup = .max
        settings.maximumBufferedRows = Self.rowsAtOnce
        recorder = Recorder(
            store: store, instance: "bench", settings: settings, logger: Logger(label: "parallax.bench"))
        end = .wallClock
    }

    /// Compares all requests, evenly over the days.
    mutating func fill() async throws {
        let minutes = size.days * 1440
        var rows = 0
        for minute in 0..<minutes {
            try Task.checkCancellation()
            let start = end + -Int64(minutes - minute) * 60_000
            let requests = Self.share(size.compared, minute, of: minutes)
            let divergences = Self.share(size.divergences, minute, of: minutes)
            if rows + divergences > Self.rowsAtOnce {
                try await flush()
                rows = 0
            }
            rows += divergences
            for number in 0..<requests {
                let time = start + Int64(number) * 60_000 / Int64(requests)
                recorder.compared(
                    number < divergences ? workload.makeDivergence(at: time) : workload.makeAgreement(at: time))
            }
        }
        try await flush()
        guard recorder.health.droppedRows.isEmpty, recorder.health.writtenRows == size.divergences else {
            throw CommandFailure(.failure, "the database did not take all \(size.divergences) divergences")
        }
    }

    /// Writes as many divergences as a buffer holds, of the minute that is now, as a service under load would.
    ///
    /// - Returns: Rows a second, from taking the buffer to the end of the transaction.
    mutating func write() async throws -> Double {
        let now = Timestamp.wallClock
        for _ in 0..<Self.rowsAtOnce { recorder.compared(workload.makeDivergence(at: now)) }
        let before = recorder.health.writtenRows
        let start = ContinuousClock.now
        try await flush()
        let elapsed = start.duration(to: .now)
        return Double(recorder.health.writtenRows - before) / (elapsed / .seconds(1))
    }

    private func flush() async throws {
        guard await recorder.flush() else {
            throw CommandFailure(.failure, recorder.health.lastError ?? "the database could not be written")
        }
    }

    /// What comes to one of several equal parts, so that all together are the whole.
    private static func share(_ whole: Int, _ part: Int, of parts: Int) -> Int {
        whole * (part + 1) / parts - whole * part / parts
    }
}

/// The comparisons of a measurement of the store: organizations and identities of unequal traffic, kinds and causes as a
/// migration to a shared limiter has them.
struct StoreWorkload: Sendable {
    static let organizations = 46

    private let identities: [Identity]
    private var random: SplitMix64

    init(identities: Int, seed: UInt64) {
        random = SplitMix64(seed: seed)
        var random = random
        self.identities = (0..<identities).map { number in
            let organization = Self.skewed(Self.organizations, &random)
            // Names of a few bytes.
            return try! Identity(organization: "organization-\(organization)", identifier: "client-\(number)")
        }
    }

    mutating func makeAgreement(at time: Timestamp) -> Comparison {
        make(.agreed, .allowed, .allowed, at: time)
    }

    mutating func makeDivergence(at time: Timestamp) -> Comparison {
        let cause = causes[Int(random.next() % UInt64(causes.count))]
        if random.next() % 5 > 0 {
            return make(.diverged(.newlyLimited, cause), .allowed, .limited(by: "minute"), at: time)
        }
        return make(.diverged(.newlyAllowed, cause), .limited(by: "burst"), .allowed, at: time)
    }

    /// The rarer ones last and less often.
    private let causes: [DivergenceCause] = [
        .otherInstances, .otherInstances, .otherInstances, .carriedOver, .carriedOver, .boundary, .restart,
    ]

    private mutating func make(
        _ result: Comparison.Result, _ control: Decision.Outcome, _ candidate: Decision.Outcome, at time: Timestamp
    ) -> Comparison {
        Comparison(
            identity: identities[Self.skewed(identities.count, &random)], cost: 1, time: time,
            policyFingerprint: Policy.defaultValue.fingerprint, control: observation(control, at: time, used: 7),
            candidate: observation(candidate, at: time + 1, used: 19), enforced: .control, result: result,
            evidence: Evidence(ownUnits: [1, 7, 7, 7], hasSeenOthers: true, clockOffsetMilliseconds: 1))
    }

    private func observation(_ outcome: Decision.Outcome, at time: Timestamp, used: Int) -> Observation {
        let windows = Policy.defaultValue.windows.map { window in
            WindowState(window: window, used: used, reset: time + window.durationMilliseconds)
        }
        let decision = Decision(
            outcome: outcome, windows: windows, retryAfterMilliseconds: outcome == .allowed ? 0 : 1_234, judgedAt: time)
        return Observation(decision: decision, duration: .microseconds(used * 10))
    }

    /// A number below the count, the small ones more often: half of all lie in the first quarter.
    private static func skewed(_ count: Int, _ random: inout SplitMix64) -> Int {
        let uniform = Double(random.next() >> 11) / 9_007_199_254_740_992
        return min(count - 1, Int(Double(count) * uniform * uniform))
    }
}
