import ParallaxCore
import ParallaxTesting
import Testing

@Suite struct SlidingLogTests {
    private static let three = try! Policy(windows: [Window(name: "w", limit: 3, durationMilliseconds: 1000)])
    private static func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    @Test("a unit leaves the window exactly one duration after it was accepted")
    func boundary() {
        var log = SlidingLog()
        for _ in 0..<3 { #expect(log.decide(Self.three, cost: 1, at: Self.time(5000)).isAllowed) }
        let refused = log.decide(Self.three, cost: 1, at: Self.time(5999))
        #expect(refused.outcome == .limited(by: "w"))
        #expect(refused.retryAfterMilliseconds == 1)
        #expect(log.decide(Self.three, cost: 1, at: Self.time(6000)).isAllowed)
    }

    @Test("remaining grows when the oldest unit leaves, or once the excess over a lowered limit has left")
    func reset() throws {
        var log = SlidingLog()
        for at in [100, 200, 300] as [Int64] { _ = log.decide(Self.three, cost: 1, at: Self.time(at)) }
        #expect(log.decide(Self.three, cost: 0, at: Self.time(400)).windows[0].reset == Self.time(1100))
        let lowered = try Policy(windows: [Window(name: "w", limit: 1, durationMilliseconds: 1000)])
        let overdrawn = log.decide(lowered, cost: 0, at: Self.time(400))
        #expect(overdrawn.windows[0].reset == Self.time(1300))
        #expect(overdrawn.windows[0].remaining == 0)
        // Looking at an overdrawn window is refused until no more than the limit is used.
        #expect(overdrawn.outcome == .limited(by: "w"))
        #expect(overdrawn.retryAfterMilliseconds == 800)
    }

    @Test("an empty window resets now")
    func emptyReset() {
        var log = SlidingLog()
        #expect(log.decide(Self.three, cost: 0, at: Self.time(77)).windows[0].reset == Self.time(77))
    }

    @Test("a clock that steps back is held at the newest unit, and the wait is counted from the caller's time")
    func stepBack() {
        var log = SlidingLog()
        for _ in 0..<3 { _ = log.decide(Self.three, cost: 1, at: Self.time(5000)) }
        let refused = log.decide(Self.three, cost: 1, at: Self.time(3000))
        #expect(refused.retryAfterMilliseconds == 3000)
        #expect(refused.judgedAt == Self.time(3000))
        #expect(log.decide(Self.three, cost: 1, at: Self.time(6000)).isAllowed)
    }

    @Test("after a step back of hours the wait is one window's, in decisions, admissions and looks")
    func hoursBack() throws {
        let request = try CheckRequest(identity: Identity(identifier: "caller"), policy: Self.three)
        let limiter = InMemoryLimiter()
        for _ in 0..<3 { #expect(limiter.judge(request, at: Self.time(7_200_000)).isAllowed) }
        // A look of another part of the service moves nothing, and sees what a decision would.
        let look = limiter.look(request, at: Self.time(0))
        let refused = limiter.judge(request, at: Self.time(0))
        #expect(look == refused)
        #expect(refused.retryAfterMilliseconds == 1000)
        #expect(refused.stepBackMilliseconds == 7_200_000)
        #expect(limiter.judge(request, at: Self.time(1)).stepBackMilliseconds == 0)
        #expect(!limiter.admits(request, at: Self.time(999)))
        #expect(limiter.admits(request, at: Self.time(1000)))
    }

    @Test("no window lets more through than its limit, whatever a clock does that is at times ahead of the true time")
    func neverTooMany() throws {
        let windows = [
            Window(name: "short", limit: 5, durationMilliseconds: 1000),
            Window(name: "long", limit: 40, durationMilliseconds: 60_000),
        ]
        let request = try CheckRequest(identity: Identity(identifier: "caller"), policy: Policy(windows: windows))
        var random = SplitMix64(seed: TestSeed.current)
        for _ in 0..<50 {
            let limiter = InMemoryLimiter()
            var (accepted, trueTime) = (AcceptedUnits(), Self.time(0))
            // Ahead from the start, it is never less right than that again: each step leads nearer to the true time.
            var ahead: Int64 = 86_400_000
            for _ in 0..<400 {
                trueTime = trueTime + Int64.random(in: 0...400, using: &random)
                if Int.random(in: 0..<60, using: &random) == 0 { ahead = Int64.random(in: 0...ahead, using: &random) }
                if limiter.judge(request, at: trueTime + ahead).isAllowed { accepted.note(1, at: trueTime) }
            }
            for window in windows { #expect(accepted.most(in: window) <= window.limit, "\(TestSeed.remedy)") }
        }
    }

    @Test("the longest wait names the window, and the first of the policy where waits are equal")
    func namesTheLongestWait() throws {
        let policy = try Policy(windows: [
            Window(name: "short", limit: 1, durationMilliseconds: 100),
            Window(name: "long", limit: 1, durationMilliseconds: 1000),
            Window(name: "same", limit: 1, durationMilliseconds: 1000),
        ])
        var log = SlidingLog()
        _ = log.decide(policy, cost: 1, at: Self.time(0))
        let refused = log.decide(policy, cost: 1, at: Self.time(10))
        #expect(refused.outcome == .limited(by: "long"))
        #expect(refused.retryAfterMilliseconds == 990)
    }

    @Test("the log stays small over a long time and keeps its place across gaps longer than 32 bits of milliseconds")
    func staysSmall() throws {
        var log = SlidingLog()
        var now: Int64 = 1_700_000_000_000
        for step in 0..<20_000 {
            now += step % 1000 == 999 ? 5_000_000_000 : 400
            #expect(log.decide(Self.three, cost: 1, at: Self.time(now)).isAllowed)
        }
        #expect(log.count <= 4)
        #expect(log.heapBytes < 512)
    }

    @Test("a log that was long gives its memory back with the next units after it has emptied or shrunk")
    func shrinks() throws {
        let policy = try Policy(windows: [Window(name: "w", limit: 100_000, durationMilliseconds: 1000)])
        var log = SlidingLog()
        for step in Int64(0)..<10 { #expect(log.decide(policy, cost: 10_000, at: Self.time(step)).isAllowed) }
        #expect((400_000...620_000).contains(log.heapBytes))
        #expect(log.decide(policy, cost: 1, at: Self.time(5000)).windows[0].used == 1)
        #expect(log.heapBytes < 100)
        for step in 0..<400 { #expect(log.decide(policy, cost: 1, at: Self.time(6000 + Int64(step) * 100)).isAllowed) }
        #expect(log.count == 10)
        #expect(log.heapBytes < 200)
    }

    @Test("over weeks of steady use the base moves along and no unit is lost")
    func rebase() throws {
        let month = try Policy(windows: [
            Window(name: "month", limit: 1000, durationMilliseconds: Policy.maximumDurationMilliseconds)
        ])
        var log = SlidingLog()
        let hour: Int64 = 3_600_000
        for step in 0..<Int64(3000) {
            let decision = log.decide(month, cost: 1, at: Self.time(step * hour))
            #expect(decision.windows[0].used == min(720, Int(step) + 1))
        }
    }

    @Test("looking leaves no trace: what it found past is still there for a clock that steps back")
    func lookingForgetsNothing() {
        var log = SlidingLog()
        for _ in 0..<3 { _ = log.decide(Self.three, cost: 1, at: Self.time(0)) }
        #expect(log.decide(Self.three, cost: 0, at: Self.time(1000)).windows[0].used == 0)
        #expect(log.decide(Self.three, cost: 1, at: Self.time(500)).outcome == .limited(by: "w"))
    }

    @Test("the log in memory answers every case of the conformance suite", arguments: LimiterConformance.cases)
    func conforms(_ limiterCase: LimiterCase) async {
        #expect(await limiterCase.mismatches(of: InMemoryLimiter()) == [])
    }

    @Test("looking consumes nothing")
    func lookingConsumesNothing() {
        var log = SlidingLog()
        for _ in 0..<10 { #expect(log.decide(Self.three, cost: 0, at: Self.time(1)).windows[0].used == 0) }
        #expect(log.count == 0)
    }
}
