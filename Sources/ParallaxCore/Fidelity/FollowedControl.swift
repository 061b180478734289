import Synchronization

/// The process whose memory gave a reported verdict.
package struct ReportingProcess: Hashable, Sendable {
    /// A hash of the name: a collision changes what one identity's comparison says, and nothing else.
    let key: UInt64
    /// When it started; `nil` if it is not known. Fixed windows may begin there.
    package let start: Timestamp?

    /// - Parameter instance: The name that the report gave; `nil` stands for the one process of those that give none.
    package init(instance: String? = nil, start: Timestamp? = nil) {
        var hash = StableHash()
        if let instance { hash.combine(instance) }
        key = instance == nil ? 0 : hash.value
        self.start = start
    }
}

/// What the application's own limiter said of a request.
package struct ControlReport: Sendable {
    package let request: CheckRequest
    package let process: ReportingProcess
    package let isAllowed: Bool
    /// The window that refused, by its name in the policy; `nil` if the report does not say.
    package let limitingWindow: String?
    /// When the limiter judged, by the caller's clock if that is near enough, else by this instance's.
    package let time: Timestamp
    /// How long after that the report came.
    package let latenessMilliseconds: Int64

    package init(
        _ request: CheckRequest, from process: ReportingProcess = ReportingProcess(), isAllowed: Bool,
        limitingWindow: String? = nil, at time: Timestamp, latenessMilliseconds: Int64 = 0
    ) {
        self.request = request
        self.process = process
        self.isAllowed = isAllowed
        self.limitingWindow = limitingWindow
        self.time = time
        self.latenessMilliseconds = latenessMilliseconds
    }
}

/// What the modelled control makes of a report.
package struct FollowedVerdict: Sendable {
    /// What the model would have decided.
    package let decision: Decision
    /// Every window after the report was entered.
    package let windows: [WindowState]
    /// Since when the model has followed this identity in this process.
    package let since: Timestamp
    /// When the model last dropped this identity, or may have at the latest; `nil` if it never did.
    package let evictedAt: Timestamp?
    /// Whether the comparison counts for the gate's figures.
    package let standing: ReportStanding
    /// Whether more units were accepted than one process with these limits accepts, whatever it counts: the reports of
    /// several processes come under one name, or the limits are higher.
    package let exceedsOneProcess: Bool
}

/// Whether a compared report counts for the gate's figures, or why not. The raw values are stored: they never change.
package enum ReportStanding: String, Codable, Sendable {
    case settled
    /// The model is younger than the longest window or was dropped within it, or the request only looked.
    case warming
    /// The report came more than two seconds late, or after a later one of its process.
    case late
}

/// The modelled control: what one model would have decided, from the units that reports say were accepted. Kept for each
/// identity and reporting process, bounded in identities and bytes, the least recently used dropped first.
///
/// It has no clock: every report is entered at the time it carries.
package final class FollowedControl: Sendable {
    /// Reports that are later than this are left out of the gate's figures.
    package static let maximumLatenessMilliseconds: Int64 = 2_000
    /// Reports may overtake each other by this much and be judged all the same.
    static let disorderMilliseconds: Int64 = 2

    package let model: ControlModel
    private let table: IdentityTable<FollowedProcesses>
    private let maximumProcesses: Int
    private let dropped = Atomic<Int>(0)

    /// - Parameters:
    ///   - maximumProcesses: Of one identity; the least recently used is dropped first.
    ///   - shardCount: A power of two; more shards let more threads in at once.
    package init(
        model: ControlModel, bounds: MemoryBounds = MemoryBounds(), maximumProcesses: Int = 64, shardCount: Int = 64
    ) {
        self.model = model
        self.maximumProcesses = maximumProcesses
        table = IdentityTable(bounds: bounds, shardCount: shardCount)
    }

    /// Says what the model would have decided about a request, and enters what the limiter did.
    ///
    /// The request's policy is the one that the limiter holds the identity to: ``ControlModel/policy(for:)``.
    package func follow(_ report: ControlReport) -> FollowedVerdict {
        let evictedAt = table.lastEviction(of: report.request.identity)
        let (verdict, hasDropped) = table.withValue(of: report.request.identity, at: report.time) {
            $0.follow(report, model, evictedAt: evictedAt, maximum: maximumProcesses)
        }
        if hasDropped { dropped.add(1, ordering: .relaxed) }
        return verdict
    }

    /// Forgets the identities of a scope, and says how many there were.
    @discardableResult
    package func reset(_ scope: ResetScope) -> Int { table.removeAll(in: scope) }

    /// Identities and bytes held now, and evictions since the start.
    package var occupancy: MemoryOccupancy { table.occupancy }

    /// Processes dropped because an identity had too many of them.
    package var droppedProcesses: Int { dropped.load(ordering: .relaxed) }
}
