import ParallaxCore

/// What has been compared since the last flush: a value that the request path adds to and the flush takes from.
struct RecordBuffer: Sendable {
    /// Minutes whose bounds are remembered. More than one, since requests overtake each other and clocks step back.
    private static let maximumScopes = 4

    private let settings: Recorder.Settings
    private(set) var batch = RecordBatch()
    private var clockOffsetMilliseconds: Int64?
    /// The oldest first, by when they were first seen.
    private var scopes: [MinuteScope] = []

    init(settings: Recorder.Settings) {
        self.settings = settings
    }

    mutating func add(_ comparison: Comparison) {
        if let offset = comparison.evidence.clockOffsetMilliseconds { clockOffsetMilliseconds = offset }
        let scope = scopeIndex(for: comparison.time.startOfMinute)
        let organization = scopes[scope].admit(
            ExactText(comparison.identity.organization), maximum: settings.maximumOrganizationsPerMinute)
        let key = TotalKey(
            minute: scopes[scope].minute, organization: organization, outcome: TotalKey.Outcome(comparison.result))
        var total = Total()
        total.count(comparison)
        if let agreed = comparison.secondControlAgreed {
            batch.add(NoiseFloor(compared: 1, diverged: agreed ? 0 : 1), in: key.minute)
        }
        if let uncompared = ReportedCounts(uncompared: comparison) {
            batch.add(
                uncompared, of: ReportedKey(minute: key.minute, organization: organization), bounds: settings.bounds)
        }
        guard let key = batch.count(total, under: key, bounds: settings.bounds, otherwise: .bufferFull) else { return }
        if settings.recordsDurations, comparison.result.isVerdictOfBoth {
            batch.addDurations(of: comparison, in: key.minute, bounds: settings.bounds)
        }
        guard case .diverged(let kind, let cause) = comparison.result, kind.isStoredOneByOne else { return }
        if let volume = Volume(comparison) {
            let identity = comparison.identity
            let volumeKey = VolumeKey(
                minute: key.minute, organization: ExactText(identity.organization),
                identifier: ExactText(identity.identifier), policy: comparison.policyFingerprint)
            batch.add(volume, of: volumeKey, bounds: settings.bounds)
        }
        keep(BufferedRow(comparison: comparison, kind: kind, cause: cause, key: key), in: scope)
    }

    /// Counts a request that only control was asked about.
    mutating func add(heldOut request: CheckRequest, _ answer: Answer) {
        let scope = scopeIndex(for: answer.time.startOfMinute)
        let organization = scopes[scope].admit(
            ExactText(request.identity.organization), maximum: settings.maximumOrganizationsPerMinute)
        var total = Total()
        total.count(heldOut: request, answer.decision)
        let key = TotalKey(minute: scopes[scope].minute, organization: organization, outcome: .heldOut)
        batch.count(total, under: key, bounds: settings.bounds, otherwise: .bufferFull)
    }

    /// Counts a request that came with its caller's own verdict.
    mutating func add(_ report: ReportedCounts, of organization: String, at time: Timestamp) {
        let scope = scopeIndex(for: time.startOfMinute)
        let organization = scopes[scope].admit(
            ExactText(organization), maximum: settings.maximumOrganizationsPerMinute)
        batch.add(
            report, of: ReportedKey(minute: scopes[scope].minute, organization: organization), bounds: settings.bounds)
    }

    mutating func takeClockOffset() -> Int64? {
        defer { clockOffsetMilliseconds = nil }
        return clockOffsetMilliseconds
    }

    /// Hands over everything and starts again; the bounds of the minutes go on.
    mutating func take() -> RecordBatch {
        defer { batch = RecordBatch() }
        return batch
    }

    private mutating func keep(_ row: BufferedRow, in scope: Int) {
        // A full buffer takes no place of the group's.
        guard batch.rows.count < settings.bounds.rows else {
            batch.drop(1, of: .row, in: row.key.minute, because: .bufferFull, bounds: settings.bounds)
            return
        }
        let hasPlace = scopes[scope].takePlace(
            organization: row.key.organization, kind: row.kind, cause: row.cause,
            maximum: settings.maximumRowsPerMinuteAndGroup)
        if hasPlace {
            batch.keep(row, bounds: settings.bounds, otherwise: .bufferFull)
        } else {
            batch.drop(1, of: .row, in: row.key.minute, because: .sampled, bounds: settings.bounds)
        }
    }

    private mutating func scopeIndex(for minute: Timestamp) -> Int {
        if let index = scopes.lastIndex(where: { $0.minute == minute }) { return index }
        if scopes.count == Self.maximumScopes { scopes.removeFirst() }
        scopes.append(MinuteScope(minute: minute))
        return scopes.count - 1
    }
}

extension Comparison.Result {
    /// Whether both sides gave a verdict, so that both durations are of one.
    fileprivate var isVerdictOfBoth: Bool {
        if case .incomparable = self { false } else { true }
    }
}

/// What one minute has already named and kept, so that its bounds hold over all flushes within it.
struct MinuteScope: Sendable {
    /// The rows that are bounded together.
    private struct Group: Hashable {
        let organization: ExactText
        let kind: DivergenceKind
        let cause: DivergenceCause
    }

    let minute: Timestamp
    private var organizations: Set<ExactText> = []
    private var rows: [Group: Int] = [:]

    init(minute: Timestamp) {
        self.minute = minute
    }

    /// The organization, or the empty one if the minute has named as many as it may.
    mutating func admit(_ organization: ExactText, maximum: Int) -> ExactText {
        if organizations.contains(organization) { return organization }
        guard organizations.count < maximum else { return .empty }
        organizations.insert(organization)
        return organization
    }

    /// Whether the group has room for one more row; if so it is taken.
    mutating func takePlace(
        organization: ExactText, kind: DivergenceKind, cause: DivergenceCause, maximum: Int
    ) -> Bool {
        let group = Group(organization: organization, kind: kind, cause: cause)
        guard rows[group, default: 0] < maximum else { return false }
        rows[group, default: 0] += 1
        return true
    }
}
