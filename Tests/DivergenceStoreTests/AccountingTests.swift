import ParallaxCore
import ParallaxTesting
import Synchronization
import Testing

@testable import DivergenceStore

/// Every request that both sides were asked about is in one figure of the report, and in one only.
@Suite struct AccountingTests {
    @Test("agreed, diverged, incomparable and dropped are together the number of requests, whatever fails under load")
    func exactWhateverFails() async throws {
        try await withTemporaryPath { path in
            let store = try DivergenceStore(path: path, migrations: Migration.all, busyTimeout: .zero)
            let recorder = Recorder.sample(store) {
                $0.flushInterval = .milliseconds(1)
                $0.maximumRetryInterval = .milliseconds(1)
                $0.maximumRowsPerMinuteAndGroup = 7
                $0.maximumBufferedRows = 50
                $0.maximumBufferedTotals = 100
                $0.maximumOrganizationsPerMinute = 3
            }
            let running = Task { try await recorder.run() }
            var requests = await load(recorder)
            try await withExclusiveLock(on: path) { _ in
                repeat { requests += await load(recorder) } while recorder.health.isWriting
            }
            while !recorder.health.isWriting { await Task.yield() }
            try await limitPages(1, of: store)
            repeat { requests += await load(recorder) } while recorder.health.isWriting
            try await limitPages(1_000_000, of: store)
            // It ends while requests still come.
            async let rest = load(recorder)
            running.cancel()
            try await running.value
            requests += await rest
            let health = recorder.health
            let dropped = health.droppedComparisons.values.reduce(0, +)
            #expect(health.writtenComparisons + health.pendingComparisons + dropped == requests)

            #expect(await recorder.flush())
            let report = try await store.report()
            #expect(report.sum == requests)
            #expect(report.compared == report.agreed + report.diverged)
            #expect(report.storedOneByOne == (try await store.divergences(limit: .max).count))
            #expect(report.storedOneByOne <= report.diverged)
            // Each fault was felt.
            #expect(report.dropped.values.reduce(0, +) == recorder.health.droppedComparisons.values.reduce(0, +))
            #expect(!report.dropped.isEmpty && !report.rowsDropped.isEmpty)
            #expect(report.mostAffectedOrganizations.contains { $0.organization == nil })
        }
    }

    @Test(
        "however the candidate fails, every request that both were asked about is in the report",
        arguments: [false, true], [0.0, 20])
    func exactHoweverTheCandidateFails(failsClosed: Bool, holdoutPercent: Double) async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store)
            let clock = VirtualClock()
            let flags = FlagValues(distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: 30)
            let hybrid = HybridLimiter(
                control: InMemoryLimiter(), candidate: FailingCandidate(clock: clock.clocks),
                settings: .init(failsClosed: failsClosed, maximumInFlight: 3, holdoutPercent: holdoutPercent),
                clocks: clock.clocks, flags: { flags },
                observer: recorder)
            let (callers, checks) = (8, 600)
            await withTaskGroup(of: Void.self) { group in
                for caller in 0..<callers {
                    group.addTask {
                        for number in 0..<checks {
                            let identity = try! Identity(
                                organization: "org \(caller % 3)", identifier: "client \(number % 40)")
                            _ = await hybrid.check(try! CheckRequest(identity: identity, policy: .defaultValue))
                            if number % 50 == 0 { await recorder.flush() }
                        }
                    }
                }
            }
            // Callers have their answers, and some candidates have not given theirs.
            while hybrid.candidatesInFlight > 0 { await Task.yield() }
            #expect(await recorder.flush())
            let report = try await store.report()
            #expect(report.sum == callers * checks)
            #expect(report.dropped.isEmpty)
            #expect(report.agreed > 0 && report.diverged > 0)
            for reason in Unavailability.allCases { #expect(report.incomparable[reason.rawValue, default: 0] > 0) }
            let judged = report.control.allowed + report.control.limited
            let judgedAlone = report.controlWhereIncomparable.allowed + report.controlWhereIncomparable.limited
            #expect(judged == report.compared)
            #expect(judged + judgedAlone + report.heldOut == callers * checks)
            #expect((report.heldOut > 0) == (holdoutPercent > 0))
            let lines = try await store.totals(DivergenceFilter())
            #expect(lines.reduce(0) { $0 + $1.requests } == callers * checks)
            let held = lines.filter { $0.outcome == "held_out" }
            #expect(held.reduce(0) { $0 + $1.control.allowed + $1.control.limited } == report.heldOut)
            #expect(held.allSatisfy { $0.candidate.allowed + $0.candidate.limited == 0 && $0.detail.isEmpty })
            #expect(recorder.health.writtenComparisons == callers * checks)
        }
    }

    /// Records of everything, from many organizations and minutes, by several tasks at once.
    ///
    /// - Returns: How many.
    private func load(_ recorder: Recorder) async -> Int {
        let (tasks, comparisons) = (8, 500)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<tasks {
                group.addTask {
                    for number in 0..<comparisons {
                        recorder.compared(
                            .sample(
                                everyResult[(task * 31 + number) % everyResult.count],
                                organization: "org \(number % 7)", identifier: "client \(number)",
                                at: .sample.plus(minutes: Int64(number % 5))))
                        if number % 100 == 0 { await Task.yield() }
                    }
                }
            }
        }
        return tasks * comparisons
    }
}

/// A candidate that answers rightly now and then, and otherwise fails in every way there is, in turn.
private final class FailingCandidate: Limiter {
    private static let liesFrom = Unavailability.allCases.count
    private let turn = Atomic<Int>(0)
    private let clock: Clocks
    private let limiter = InMemoryLimiter()

    init(clock: Clocks) {
        self.clock = clock
    }

    func check(_ request: CheckRequest, at now: Timestamp?) async -> Decision {
        let way = turn.add(1, ordering: .relaxed).oldValue % (Self.liesFrom + 6)
        // Late, so that others overtake it and find no room.
        for _ in 0..<way { await Task.yield() }
        switch way - Self.liesFrom {
        case ..<0: return .unavailable(Unavailability.allCases[way])
        case 0: return Decision(outcome: .allowed, windows: [], retryAfterMilliseconds: 0, judgedAt: nil)
        case 1: return lie(.limited(by: "no such window"), used: .max)
        case 2: return lie(.allowed, used: .min)
        default: return limiter.judge(request, at: clock.now())
        }
    }

    private func lie(_ outcome: Decision.Outcome, used: Int) -> Decision {
        let windows = Policy.defaultValue.windows.map { window in
            WindowState(window: window, used: used, reset: Timestamp(milliseconds: .max))
        }
        return Decision(
            outcome: outcome, windows: windows, retryAfterMilliseconds: .max, judgedAt: Timestamp(milliseconds: .min))
    }
}
