/// The time after a promotion to `distributed_only` in which whoever promoted looks closely, as the flag history tells it.
///
/// It is derived and not kept, so that it is the same after a restart, and begins as well where another tool has written
/// the file.
package struct PromotionWatch: Equatable, Sendable {
    /// How long a watch lasts: 48 hours.
    package static let milliseconds: Int64 = 48 * 3_600_000

    /// The change that began it.
    package let began: FlagChange
    /// The change that left `distributed_only` before the time was over; `nil` where none did.
    package let brokenOff: FlagChange?

    /// Finds the latest watch.
    ///
    /// - Parameters:
    ///   - changes: The flag history, the newest change first.
    ///   - strategy: What the file says now.
    /// - Returns: `nil` where `distributed_only` was never reached, or was left after a whole watch.
    package init?(changes: [FlagChange], strategy: Strategy) {
        let isDrilling = changes.first?.by == RollbackDrill.author
        let changes = PromotionWatch.withoutDrills(changes)
        let strategy = isDrilling ? changes.first?.to.strategy ?? strategy : strategy
        let leaving = changes.firstIndex { $0.to.strategy != .distributedOnly && $0.leavesDistributed }
        guard let entry = changes.firstIndex(where: { $0.entersDistributed }) else { return nil }
        began = changes[entry]
        guard let leaving, leaving < entry else {
            // Nothing in the history has left it: what the file says now is a change on its way into the history.
            guard strategy == .distributedOnly else { return nil }
            brokenOff = nil
            return
        }
        guard changes[leaving].time - began.time < PromotionWatch.milliseconds else { return nil }
        brokenOff = changes[leaving]
    }

    package enum State: Equatable, Sendable {
        case running(elapsed: Int64)
        case passed
        case brokenOff(after: Int64)

        /// What it is called where it is shown: these words never change.
        package var name: String {
            switch self {
            case .running: "running"
            case .passed: "passed"
            case .brokenOff: "broken_off"
            }
        }

        /// How long it ran so far, or in all.
        package var elapsedMilliseconds: Int64 {
            switch self {
            case .running(let elapsed): elapsed
            case .passed: PromotionWatch.milliseconds
            case .brokenOff(let after): after
            }
        }
    }

    /// How far it is; spans are milliseconds.
    package func state(at now: Timestamp) -> State {
        if let brokenOff { return .brokenOff(after: max(0, brokenOff.time - began.time)) }
        let elapsed = max(0, now - began.time)
        return elapsed < PromotionWatch.milliseconds ? .running(elapsed: elapsed) : .passed
    }

    /// The changes, the newest first, without those of drills: a drill leaves everything as it was.
    ///
    /// The way back is known by its content too: an instance that only reads the file cannot tell who restored it.
    static func withoutDrills(_ changes: [FlagChange]) -> [FlagChange] {
        var kept: [FlagChange] = []
        var isDrilling = false
        for change in changes.reversed() {
            if change.by == RollbackDrill.author {
                isDrilling = true
            } else if isDrilling, change.contentHash == kept.last?.contentHash {
                isDrilling = false
            } else {
                kept.append(change)
                isDrilling = false
            }
        }
        return kept.reversed()
    }
}

extension FlagChange {
    /// Whether `distributed_only` began with it. A first file that says so counts: nothing tells since when it did.
    fileprivate var entersDistributed: Bool {
        to.strategy == .distributedOnly && from?.strategy != .distributedOnly
    }

    fileprivate var leavesDistributed: Bool { from?.strategy == .distributedOnly }
}
