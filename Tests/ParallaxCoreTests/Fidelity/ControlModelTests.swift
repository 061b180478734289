import ParallaxCore
import Testing

/// The models of legacy limiters, held against real ones and against the sliding log.
@Suite struct ControlModelTests {
    private static let policy = try! Policy(windows: [
        Window(name: "short", limit: 4, durationMilliseconds: 1_000),
        Window(name: "long", limit: 10, durationMilliseconds: 10_000),
    ])

    private static func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    @Test("a model gives the verdicts that the real limiter gave", arguments: RecordedVerdicts.all)
    func conformance(_ recorded: RecordedVerdicts) throws {
        let model = try ControlModel(name: recorded.model)
        var state = ControlState()
        state.processStart = Self.time(RecordedVerdicts.start - 3210)
        var verdicts = ""
        for (time, cost) in recorded.requests {
            verdicts += state.decide(model, of: recorded.policy, cost: cost, at: time).isAllowed ? "a" : "r"
        }
        #expect(verdicts == recorded.verdicts)
    }

    @Test("a model that follows the real limiter's verdicts predicts each of them", arguments: RecordedVerdicts.all)
    func following(_ recorded: RecordedVerdicts) throws {
        let model = try ControlModel(name: recorded.model)
        var state = ControlState()
        state.processStart = Self.time(RecordedVerdicts.start - 3210)
        var wrong = 0
        for ((time, cost), verdict) in zip(recorded.requests, recorded.verdicts) {
            let outcome = ControlState.Outcome(isAllowed: verdict == "a")
            let followed = state.follow(outcome, model, of: recorded.policy, cost: cost, at: time)
            if followed.decision.isAllowed != outcome.isAllowed { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    @Test(
        "windows metered one by one decide as the shared log does, at random times, costs and policies",
        arguments: 1...8 as ClosedRange<UInt64>)
    func differential(seed: UInt64) throws {
        // A limiter whose clock is ahead cannot share a log, and decides the same.
        let shifted = ControlModel(.slidingLog, clockOffsetMilliseconds: 7)
        var log = SlidingLog()
        var shared = ControlState()
        var metered = ControlState()
        var random = SplitMix64(seed: seed)
        var now: Int64 = 1_800_000_000_000
        for _ in 0..<3000 {
            now += [0, Int64.random(in: 0...300, using: &random), -5, 20_000].randomElement(using: &random)!
            let cost = Int.random(in: 0...4, using: &random)
            let expected = log.decide(Self.policy, cost: cost, at: Self.time(now))
            #expect(shared.decide(.slidingLog, of: Self.policy, cost: cost, at: Self.time(now)) == expected)
            let other = metered.decide(shifted, of: Self.policy, cost: cost, at: Self.time(now))
            #expect(other.outcome == expected.outcome, "seed \(seed)")
            #expect(other.retryAfterMilliseconds == expected.retryAfterMilliseconds, "seed \(seed)")
            #expect(other.windows.map(\.used) == expected.windows.map(\.used), "seed \(seed)")
            if now >= log.newest?.milliseconds ?? .min { #expect(other.windows == expected.windows, "seed \(seed)") }
        }
    }

    static let names = [
        "sliding_log", "sliding_log:refusals", "sliding_log:first_breach", "sliding_log:longest_first",
        "sliding_log:all_counted", "fixed_window", "fixed_window:first_hit", "fixed_window:process_start",
        "fixed_window:first_hit:refusals:first_breach", "sliding_counter", "sliding_counter:round_down", "token_bucket",
        "token_bucket:whole_seconds", "leaky_bucket", "leaky_bucket:burst=9", "leaky_bucket:burst=9:delayed",
        "fixed_window:clock_ms=-250:limit.minute=50:limit.second=9",
    ]

    @Test("a name that is parsed and written again is the same", arguments: names)
    func name(_ name: String) throws {
        #expect(try ControlModel(name: name).name == name)
    }

    @Test("the four names that were there before mean what they meant")
    func oldNames() throws {
        #expect(try ControlModel(name: "sliding_log") == .slidingLog)
        #expect(try ControlModel(name: "fixed_window") == .fixedWindow)
        #expect(try ControlModel(name: "sliding_counter") == .slidingCounter)
        #expect(try ControlModel(name: "token_bucket") == .tokenBucket)
    }

    @Test(
        "a name with a fault is refused by the part at fault",
        arguments: [
            ("leaky", "leaky"), ("", "\"\""), ("sliding_log:first_hit", "first_hit"),
            ("fixed_window:burst=3", "burst=3"), ("leaky_bucket:burst=-1", "burst=-1"),
            ("leaky_bucket:burst", "\"burst\""), ("sliding_log:", "\"\""), ("sliding_log:refusals=1", "refusals=1"),
            ("fixed_window:limit.minute=0", "limit.minute=0"),
        ])
    func fault(name: String, part: String) {
        do {
            _ = try ControlModel(name: name)
            Issue.record("\(name) was taken")
        } catch {
            #expect(error.description.contains(part))
        }
    }

    @Test(
        "the promised wait is exact: refused a millisecond earlier, accepted at it",
        arguments: names.filter { !$0.contains("refusals") && !$0.contains("limit.") })
    func exactWait(_ name: String) throws {
        let model = try ControlModel(name: name)
        var random = SplitMix64(seed: 11)
        var state = ControlState()
        var now: Int64 = 1_800_000_000_123
        var refusals = 0
        for _ in 0..<2000 {
            now += Int64.random(in: 0...300, using: &random)
            let decision = state.decide(model, of: Self.policy, cost: 1, at: Self.time(now))
            guard !decision.isAllowed else { continue }
            let wait = decision.retryAfterMilliseconds
            // What a window took before another refused can change the wait: looked at without taking.
            let exact = state.look(model, at: Self.policy, cost: 1, at: Self.time(now)).retryAfterMilliseconds
            refusals += 1
            #expect(wait > 0 && exact >= wait)
            #expect(!state.look(model, at: Self.policy, cost: 1, at: Self.time(now + exact - 1)).isAllowed)
            #expect(state.look(model, at: Self.policy, cost: 1, at: Self.time(now + exact)).isAllowed)
        }
        #expect(refusals > 100)
    }

    @Test("remaining grows at the promised reset and not before", arguments: names.filter { !$0.contains("limit.") })
    func exactReset(_ name: String) throws {
        let model = try ControlModel(name: name)
        var random = SplitMix64(seed: 7)
        var state = ControlState()
        var now: Int64 = 1_800_000_000_123
        for _ in 0..<500 {
            now += Int64.random(in: 0...300, using: &random)
            let window = state.decide(model, of: Self.policy, cost: 1, at: Self.time(now)).windows[0]
            // A leaky bucket holds less than the limit, and none of it may be used.
            guard window.remaining < window.window.limit, window.reset > Self.time(now) || !name.hasPrefix("leaky")
            else {
                continue
            }
            let before = state.look(model, at: Self.policy, cost: 0, at: window.reset + -1).windows[0]
            let after = state.look(model, at: Self.policy, cost: 0, at: window.reset).windows[0]
            #expect(before.remaining == window.remaining && after.remaining > window.remaining)
        }
    }

    @Test("a verdict that contradicts the model enters its memory all the same", arguments: names)
    func contradiction(_ name: String) throws {
        let model = try ControlModel(name: name)
        var state = ControlState()
        let policy = try Policy(windows: [Window(name: "minute", limit: 2, durationMilliseconds: 60_000)])
        // The real limiter has just started again and accepts; the model would refuse.
        for second in 0..<12 as Range<Int64> {
            _ = state.follow(
                .init(isAllowed: true), model, of: policy, cost: 1, at: Self.time(1_800_000_000_000 + second))
        }
        let refused = state.follow(
            .init(isAllowed: true), model, of: policy, cost: 1, at: Self.time(1_800_000_000_020))
        #expect(!refused.decision.isAllowed)
        #expect(refused.windows[0].remaining == 0)
    }

    @Test("a refusal that only the report knows takes no units unless refusals are counted")
    func reportedRefusal() throws {
        for (name, left) in [("sliding_log", 4), ("sliding_log:all_counted", 4), ("sliding_log:refusals", 3)] {
            let model = try ControlModel(name: name)
            var state = ControlState()
            let followed = state.follow(
                .init(isAllowed: false), model, of: Self.policy, cost: 1, at: Self.time(1_800_000_000_000))
            #expect(followed.decision.isAllowed)
            #expect(followed.windows[0].remaining == left, "\(name)")
        }
    }

    @Test("the window that a report names is the breach: those asked before it keep the units")
    func namedBreach() throws {
        let model = try ControlModel(name: "sliding_log:first_breach")
        var state = ControlState()
        let followed = state.follow(
            .init(isAllowed: false, limitingWindow: 1), model, of: Self.policy, cost: 1,
            at: Self.time(1_800_000_000_000))
        #expect(followed.windows.map(\.remaining) == [3, 10])
    }

    @Test(
        "a clock that was two hours ahead and stepped back holds a caller no longer than two windows",
        arguments: names.filter { !$0.contains("refusals") && !$0.contains("limit.") })
    func stepBack(_ name: String) throws {
        let model = try ControlModel(name: name)
        let policy = try Policy(windows: [Window(name: "minute", limit: 4, durationMilliseconds: 60_000)])
        var state = ControlState()
        let now = Self.time(1_800_000_000_000)
        for _ in 0..<4 { _ = state.decide(model, of: policy, cost: 1, at: now + 7_200_000) }
        let refused = state.decide(model, of: policy, cost: 1, at: now)
        if !refused.isAllowed { #expect((1...120_000).contains(refused.retryAfterMilliseconds)) }
        #expect(state.look(model, at: policy, cost: 1, at: now + 120_000).isAllowed)
    }
}
