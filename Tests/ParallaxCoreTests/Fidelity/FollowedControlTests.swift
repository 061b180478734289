import ParallaxCore
import Testing

@Suite struct FollowedControlTests {
    private static let policy = try! Policy(windows: [
        Window(name: "second", limit: 5, durationMilliseconds: 1_000),
        Window(name: "minute", limit: 30, durationMilliseconds: 60_000),
    ])
    private static let start = Timestamp(milliseconds: 1_800_000_000_000)

    private static func request(_ identifier: String = "caller", cost: Int = 1) throws -> CheckRequest {
        try CheckRequest(identity: Identity(identifier: identifier), policy: policy, cost: cost)
    }

    @Test("the model says what it would have decided from the units that reports say were accepted")
    func oneStepAhead() throws {
        let control = FollowedControl(model: .slidingLog)
        for step in Int64(0)..<5 {
            let verdict = control.follow(ControlReport(try Self.request(), isAllowed: true, at: Self.start + step))
            #expect(verdict.decision.isAllowed)
        }
        // The sixth is refused by both, and enters no window.
        let sixth = control.follow(ControlReport(try Self.request(), isAllowed: false, at: Self.start + 10))
        #expect(sixth.decision.outcome == .limited(by: "second"))
        // The seventh only by the model, and enters every window.
        let seventh = control.follow(ControlReport(try Self.request(), isAllowed: true, at: Self.start + 20))
        #expect(seventh.decision.outcome == .limited(by: "second"))
        #expect(seventh.windows.map(\.used) == [6, 6])
    }

    @Test("each reporting process has a memory of its own")
    func perProcess() throws {
        let control = FollowedControl(model: .slidingLog)
        for step in Int64(0)..<20 {
            let process = ReportingProcess(instance: "worker-\(step % 4)")
            let verdict = control.follow(
                ControlReport(try Self.request(), from: process, isAllowed: true, at: Self.start + step))
            #expect(verdict.decision.isAllowed && !verdict.exceedsOneProcess)
        }
        #expect(control.occupancy.identities == 1)
    }

    @Test(
        "two processes that report as one at their limits are noticed, whatever the model, and one process never is",
        arguments: [
            "sliding_log", "fixed_window", "fixed_window:first_hit", "sliding_counter", "token_bucket",
            "leaky_bucket:burst=4",
        ])
    func pooled(_ name: String) throws {
        let model = try ControlModel(name: name)
        for processes in 1...2 {
            let control = FollowedControl(model: .slidingLog)
            let real = (0..<processes).map { _ in FollowedControl(model: model) }
            var random = SplitMix64(seed: 5)
            var noticed = 0
            for step in Int64(0)..<20_000 {
                let time = Self.start + step * 50
                let process = Int.random(in: 0..<processes, using: &random)
                // A process's own limiter: follow its own verdict.
                let allowed = real[process].decides(try Self.request(), at: time)
                let verdict = control.follow(ControlReport(try Self.request(), isAllowed: allowed, at: time))
                if verdict.exceedsOneProcess { noticed += 1 }
            }
            if processes == 1 { #expect(noticed == 0) } else { #expect(noticed > 100) }
        }
    }

    @Test("a model is warm once it is as old as the longest window, and not after it dropped the identity")
    func warming() throws {
        let control = FollowedControl(
            model: .slidingLog, bounds: MemoryBounds(identities: 1, bytes: 1 << 20), shardCount: 1)
        func standing(_ identifier: String = "caller", cost: Int = 1, at offset: Int64, late: Int64 = 0) throws
            -> FollowedVerdict
        {
            control.follow(
                ControlReport(
                    try Self.request(identifier, cost: cost), isAllowed: true, at: Self.start + offset,
                    latenessMilliseconds: late))
        }
        #expect(try standing(at: 0).standing == .warming)
        #expect(try standing(at: 59_999).standing == .warming)
        #expect(try standing(at: 60_000).standing == .settled)
        #expect(try standing(cost: 0, at: 60_001).standing == .warming)
        #expect(try standing(at: 60_002, late: 2_001).standing == .late)
        #expect(try standing(at: 60_001).standing == .settled, "a millisecond of disorder is none")
        #expect(try standing(at: 59_000).standing == .late)
        _ = try standing("other", at: 61_000)
        let back = try standing(at: 62_000)
        #expect(back.standing == .warming && back.evictedAt == Self.start + 61_000 && back.since == Self.start + 62_000)
        #expect(control.occupancy.evictions == 2)
    }

    @Test("an identity that is reported by too many processes drops the least recently used, and counts it")
    func manyProcesses() throws {
        let control = FollowedControl(model: .slidingLog, maximumProcesses: 2)
        for (step, name) in ["a", "b", "a", "c", "a"].enumerated() {
            let report = ControlReport(
                try Self.request(), from: ReportingProcess(instance: name), isAllowed: true,
                at: Self.start + Int64(step))
            #expect(control.follow(report).windows[0].used == (name == "a" ? step / 2 + 1 : 1))
        }
        #expect(control.droppedProcesses == 1)
    }

    @Test("a process that never refuses does not grow the log without end")
    func bounded() throws {
        let control = FollowedControl(model: .slidingLog)
        for step in Int64(0)..<50_000 {
            _ = control.follow(ControlReport(try Self.request(), isAllowed: true, at: Self.start + step / 100))
        }
        #expect(control.occupancy.bytes < 8192)
    }

    @Test("a process that says when it started has its fixed windows begin there")
    func processStart() throws {
        let control = FollowedControl(model: try ControlModel(name: "fixed_window:process_start"))
        let process = ReportingProcess(instance: "a", start: Self.start + -59_500)
        for step in Int64(0)..<5 {
            _ = control.follow(ControlReport(try Self.request(), from: process, isAllowed: true, at: Self.start + step))
        }
        let refused = control.follow(
            ControlReport(try Self.request(), from: process, isAllowed: false, at: Self.start + 9))
        #expect(refused.decision.retryAfterMilliseconds == 491)
    }
}

extension FollowedControl {
    /// Decides as the model itself would, and follows that.
    fileprivate func decides(_ request: CheckRequest, at time: Timestamp) -> Bool {
        // Entered as refused it takes nothing: only the verdict is wanted.
        let verdict = follow(ControlReport(request, isAllowed: false, at: time))
        guard verdict.decision.isAllowed else { return false }
        _ = follow(ControlReport(request, isAllowed: true, at: time))
        return true
    }
}
