/// The time after a promotion to `distributed_only` in which the operators look closely, as the flag history tells it.
///
/// It is derived and not kept, so that it is the same after a restart, and begins as well if another tool has written
/// the file. Only time in which an instance ran and reported counts.
package struct SoakPeriod: Equatable, Sendable {
    /// How long a watch lasts: 48 hours.
    package static let milliseconds: Int64 = 48 * 3_600_000

    /// The change that began it.
    package let began: FlagChange
    /// The change that left `distributed_only` before the time was over; `nil` if none did.
    package let brokenOff: FlagChange?

    /// Finds the latest watch.
    ///
    /// - Parameters:
    ///   - changes: The flag history, the newest change first.
    ///   - strategy: What the file says now.
    /// - Returns: `nil` if `distributed_only` was never reached, or was left after a whole watch.
    package init?(changes: [FlagChange], strategy: Strategy) {
        let isDrilling = changes.first?.by == RollbackDrill.author
        let changes = SoakPeriod.withoutDrills(changes)
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
        guard changes[leaving].time - began.time < SoakPeriod.milliseconds else { return nil }
        brokenOff = changes[leaving]
    }

    package enum State: Equatable, Sendable {
        /// So many milliseconds were watched so far.
        case running(elapsed: Int64)
        case passed
        /// All of it was watched, and what was seen is not a pass.
        case failed(Failure)
        case brokenOff(after: Int64)

        package enum Failure: Equatable, Sendable {
            /// A trigger fired, although nothing was rolled back.
            case fired([Trigger])
            /// Too large a share of the answers had no verdict.
            case unavailable
        }

        /// What it is called where it is shown: these words never change.
        package var name: String {
            switch self {
            case .running: "running"
            case .passed: "passed"
            case .failed: "failed"
            case .brokenOff: "broken_off"
            }
        }

        /// How long it ran so far, or in all.
        package var elapsedMilliseconds: Int64 {
            switch self {
            case .running(let elapsed): elapsed
            case .passed, .failed: SoakPeriod.milliseconds
            case .brokenOff(let after): after
            }
        }
    }

    /// How far it is, and how it ended.
    ///
    /// - Parameters:
    ///   - tally: What was seen; `nil` if no instance has kept anything.
    ///   - bounds: How much of it may be unwatched, and how many answers may lack a verdict.
    package func state(
        at now: Timestamp, seen tally: SoakTally?, bounds: GateSettings = GateSettings()
    ) -> State {
        if let brokenOff { return .brokenOff(after: max(0, brokenOff.time - began.time)) }
        let watched = watchedMilliseconds(at: now, seen: tally)
        let needed = Double(SoakPeriod.milliseconds) * (1 - bounds.gapPercent / 100)
        guard let tally, tally.answers > 0, now - began.time >= SoakPeriod.milliseconds, Double(watched) >= needed
        else { return .running(elapsed: min(watched, SoakPeriod.milliseconds)) }
        if !tally.fired.isEmpty { return .failed(.fired(tally.fired)) }
        let isAnswered = Double(tally.unavailable) * 100 <= bounds.unansweredPercent * Double(tally.answers)
        return isAnswered ? .passed : .failed(.unavailable)
    }

    /// How long no instance watched since it began, in milliseconds.
    package func unwatchedMilliseconds(at now: Timestamp, seen tally: SoakTally?) -> Int64 {
        max(0, now - began.time) - watchedMilliseconds(at: now, seen: tally)
    }

    private func watchedMilliseconds(at now: Timestamp, seen tally: SoakTally?) -> Int64 {
        guard let tally, tally.since == began.time else { return 0 }
        // The last minute is not over yet.
        return min(max(0, now - began.time), Int64(tally.watched.count) * 60_000)
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
