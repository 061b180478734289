import NIOCore
import ParallaxCore
import RedisLimiting
import Synchronization

/// Callers who ask a limiter one after the other for as long as a test lasts, and what they got.
final class Load: Sendable {
    private struct Tally {
        var allowed = 0
        var refused = 0
        var failed = 0
        var failures: Set<Unavailability> = []
    }

    private let limiter: RedisLimiter
    private let policy: Policy
    private let identities: [Identity]
    private let timeout: TimeAmount
    private let tally = Mutex(Tally())

    /// - Parameter timeout: The most time that a caller waits for a decision.
    init(
        of limiter: RedisLimiter, policy: Policy, identities: [Identity]? = nil, timeout: TimeAmount = .seconds(30)
    ) {
        self.timeout = timeout
        self.limiter = limiter
        self.policy = policy
        self.identities = identities ?? (0..<50).map { try! Identity(identifier: "caller \($0)") }
    }

    var allowed: Int { tally.withLock { $0.allowed } }
    private var asked: Int { tally.withLock { $0.allowed + $0.refused + $0.failed } }
    var failures: Set<Unavailability> { tally.withLock { $0.failures } }

    func forgetFailures() {
        tally.withLock { $0.failures = [] }
    }

    /// Asks until the task is cancelled.
    func run(callers: Int) async {
        await withDiscardingTaskGroup { group in
            for caller in 0..<callers {
                group.addTask { await self.ask(startingAt: caller) }
            }
        }
    }

    /// Suspends until so many more were allowed.
    func waitForAllowed(more count: Int) async {
        let goal = allowed + count
        while allowed < goal, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(1)) }
    }

    /// Suspends until so many more have asked, whatever they got.
    func waitForAsked(more count: Int) async {
        let goal = asked + count
        while asked < goal, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(1)) }
    }

    /// Suspends until someone was refused, which is when all units of the identity are used, or got no decision.
    func waitForRefusal() async {
        while tally.withLock({ $0.refused + $0.failed }) == 0, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(1))
        }
    }

    private func ask(startingAt place: Int) async {
        var place = place
        while !Task.isCancelled {
            let identity = identities[place % identities.count]
            let request = try! CheckRequest(identity: identity, policy: policy)
            // Without a connection the answer comes at once, and who makes one needs a thread.
            await Task.yield()
            let decision = await limiter.check(request, at: nil, deadline: .now() + timeout)
            place += 1
            if Task.isCancelled { return }
            await note(decision)
        }
    }

    private func note(_ decision: Decision) async {
        tally.withLock { tally in
            switch decision.outcome {
            case .allowed: tally.allowed += 1
            case .limited: tally.refused += 1
            case .unavailable(let reason):
                tally.failed += 1
                tally.failures.insert(reason)
            }
        }
        // Callers who ask on and on would leave no time to the servers of the test, which share the machine with them.
        try? await Task.sleep(for: .milliseconds(1))
    }
}
