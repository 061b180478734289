import Glibc
package import ParallaxCore

/// Random questions about one identity, aimed at the edges of its windows. The same seed asks the same.
///
/// Policies change half way; bursts, equal times, steps back and idle times beyond the longest window all come up.
package struct RandomTrace: Sendable {
    package struct Question: Sendable {
        package let request: CheckRequest
        package let now: Timestamp
    }

    package let identity: Identity
    package private(set) var policy: Policy
    /// The time of the last question; a test may move it on.
    package var now: Timestamp
    private let first: Policy
    private let changesPolicy: Bool
    private let stepsBack: Bool
    private var random: SplitMix64

    /// - Parameters:
    ///   - start: An instant of an ordinary day if nothing else is said.
    ///   - changesPolicy: Whether limits and windows change half way.
    ///   - stepsBack: Whether time may go back.
    package init(
        identifier: String, seed: UInt64, start: Timestamp = Timestamp(milliseconds: 1_800_000_000_000),
        changesPolicy: Bool = true, stepsBack: Bool = true
    ) {
        identity = try! Identity(organization: "random", identifier: identifier)
        random = SplitMix64(seed: seed)
        policy = RandomPolicy.make(using: &random)
        first = policy
        now = start
        self.changesPolicy = changesPolicy
        self.stepsBack = stepsBack
    }

    /// The next question.
    ///
    /// - Parameter answer: The last answer, which names the instants to aim at.
    package mutating func next(after answer: Decision?) -> Question {
        if changesPolicy, isOneIn(25) {
            policy = isOneIn(3) ? first : RandomPolicy.change(policy, using: &random)
        }
        let gap = gap(after: answer)
        now = now + (stepsBack ? gap : max(0, gap))
        let costs = [
            0, 1, 1, 1, 1, 2, 3, policy.smallestLimit, Int.random(in: 0...policy.smallestLimit, using: &random),
        ]
        let cost = min(pick(costs), policy.smallestLimit)
        return Question(request: try! CheckRequest(identity: identity, policy: policy, cost: cost), now: now)
    }

    package mutating func isOneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &random) == 0 }

    /// Milliseconds from the last question to the next.
    private mutating func gap(after answer: Decision?) -> Int64 {
        let longest = policy.longestDurationMilliseconds
        let duration = pick(policy.windows).durationMilliseconds
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<35: return 0
        case 35..<45: return Int64.random(in: 1...3, using: &random)
        case 45..<65: return Int64.random(in: 0...duration / 3, using: &random)
        case 65..<72: return duration + Int64.random(in: -1...1, using: &random)
        case 72..<80: return (answer?.retryAfterMilliseconds ?? 0) - Int64.random(in: 0...1, using: &random)
        case 80..<86:
            return (answer.map { pick($0.windows).reset - now } ?? 0) - Int64.random(in: 0...1, using: &random)
        case 86..<92: return -Int64.random(in: 1...10, using: &random)
        case 92..<95: return -Int64.random(in: 1...2 * longest, using: &random)
        case 95..<99: return longest + Int64.random(in: -1...longest, using: &random)
        default: return 50 * 86_400_000 + longest
        }
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements.randomElement(using: &random)!
    }
}

extension RandomTrace {
    /// Random policies of small limits, and random changes of them.
    enum RandomPolicy {
        private static let durations: [Int64] = [1, 2, 50, 99, 100, 100, 1_000, 1_000, 5_000, 10_000, 60_000]

        /// One to four windows, or now and then as many as there may be.
        static func make(using random: inout SplitMix64) -> Policy {
            let count = [1, 1, 2, 2, 2, 3, 3, 4, 4, Policy.maximumWindows].randomElement(using: &random)!
            return policy((0..<count).map { window(named: "w\($0)", using: &random) })
        }

        /// The policy with limits lowered or raised, or a window more, less, or of another length, or in another order.
        static func change(_ policy: Policy, using random: inout SplitMix64) -> Policy {
            var windows = policy.windows
            let place = Int.random(in: 0..<windows.count, using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: windows = windows.map { window($0, limit: $0.limit / 2) }
            case 1: windows = windows.map { window($0, limit: $0.limit * 2) }
            case 2: windows[place] = window(windows[place], limit: Int.random(in: 1...12, using: &random))
            case 3 where windows.count > 1: windows.remove(at: place)
            case 4 where windows.count < Policy.maximumWindows:
                windows.insert(window(named: unusedName(windows), using: &random), at: place)
            case 5: windows[place] = window(named: windows[place].name, using: &random)
            default: windows.shuffle(using: &random)
            }
            return self.policy(windows)
        }

        private static func window(named name: String, using random: inout SplitMix64) -> Window {
            let limit = Int.random(in: 0..<5, using: &random) == 0 ? 40 : 12
            return Window(
                name: name, limit: Int.random(in: 1...limit, using: &random),
                durationMilliseconds: durations.randomElement(using: &random)!)
        }

        private static func window(_ window: Window, limit: Int) -> Window {
            Window(name: window.name, limit: min(40, max(1, limit)), durationMilliseconds: window.durationMilliseconds)
        }

        private static func unusedName(_ windows: [Window]) -> String {
            (0...).lazy.map { "w\($0)" }.first { name in !windows.contains { $0.name == name } }!
        }

        private static func policy(_ windows: [Window]) -> Policy {
            try! Policy(windows: windows)
        }
    }
}

/// The seed of this run's randomized tests: another one each time, unless `PARALLAX_TEST_SEED` repeats one.
package enum TestSeed {
    package static let current: UInt64 =
        getenv("PARALLAX_TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: 0...UInt64.max)

    /// How to run a failed test again, for the message of every expectation that rests on the seed.
    package static var remedy: String { "repeat it with PARALLAX_TEST_SEED=\(current)" }
}
