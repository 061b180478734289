import BasicContainers

/// What the modelled control remembers of one identity: a state for each process that has reported its verdicts.
struct FollowedProcesses: ~Copyable, TableValue {
    private var processes = UniqueArray<FollowedProcess>()

    init() {}

    var heapBytes: Int {
        guard processes.capacity > 0 else { return 0 }
        var bytes = HeapBytes.allocation(of: processes.capacity * MemoryLayout<FollowedProcess>.stride)
        for place in 0..<processes.count {
            bytes += processes[place].state.heapBytes + processes[place].accepted.heapBytes
        }
        return bytes
    }

    /// - Returns: What the model makes of the report, and whether another process was dropped for it.
    mutating func follow(
        _ report: ControlReport, _ model: ControlModel, evictedAt: Timestamp?, maximum: Int
    ) -> (FollowedVerdict, hasDropped: Bool) {
        let known = place(of: report.process)
        let hasDropped = known == nil && processes.count >= maximum
        if hasDropped { dropLeastRecentlyUsed() }
        let place = known ?? insert(report)
        return (processes[place].follow(report, model, evictedAt: evictedAt), hasDropped)
    }

    private func place(of process: ReportingProcess) -> Int? {
        for place in 0..<processes.count where processes[place].key == process.key { return place }
        return nil
    }

    private mutating func insert(_ report: ControlReport) -> Int {
        var process = FollowedProcess(key: report.process.key, since: report.time, newest: report.time)
        process.state.processStart = report.process.start
        processes.append(process)
        return processes.count - 1
    }

    private mutating func dropLeastRecentlyUsed() {
        var oldest = 0
        for place in 0..<processes.count where processes[place].newest < processes[oldest].newest { oldest = place }
        _ = processes.remove(at: oldest)
    }
}

/// What the modelled control remembers of one identity in one process.
private struct FollowedProcess: ~Copyable, Sendable {
    let key: UInt64
    let since: Timestamp
    /// The latest time reported.
    var newest: Timestamp
    var state = ControlState()
    var accepted = AcceptedRate()

    mutating func follow(
        _ report: ControlReport, _ model: ControlModel, evictedAt: Timestamp?
    ) -> FollowedVerdict {
        let request = report.request
        let standing = standing(of: report, evictedAt: evictedAt)
        let place = report.limitingWindow.flatMap { name in request.policy.windows.firstIndex { $0.name == name } }
        let (decision, windows) = state.follow(
            ControlState.Outcome(isAllowed: report.isAllowed, limitingWindow: place), model, of: request.policy,
            cost: request.cost, at: report.time)
        newest = max(newest, report.time)
        let exceeds = report.isAllowed && accepted.note(request.cost, request.policy, model, at: report.time)
        return FollowedVerdict(
            decision: decision, windows: windows, since: since, evictedAt: evictedAt, standing: standing,
            exceedsOneProcess: exceeds)
    }

    private func standing(of report: ControlReport, evictedAt: Timestamp?) -> ReportStanding {
        if report.latenessMilliseconds > FollowedControl.maximumLatenessMilliseconds { return .late }
        if report.time + FollowedControl.disorderMilliseconds < newest { return .late }
        let start = report.time + -report.request.policy.longestDurationMilliseconds
        let isWarming = report.request.cost == 0 || since > start || evictedAt.map { $0 > start } ?? false
        return isWarming ? .warming : .settled
    }
}

/// Whether one process can have accepted all that was reported, whatever it counts.
///
/// Every limiter modelled here accepts in any span of time at most the limit for each duration in it and twice the limit
/// more: a fixed window can be full at both ends of a span. A bucket of that size, leaking at the limit's rate, never runs
/// over then. Two processes at their limits run over after some windows.
private struct AcceptedRate: Sendable {
    /// For each window of the policy; a unit is worth the window's duration in parts.
    private var parts: [Int64] = []
    private var time: Int64 = .min

    var heapBytes: Int { HeapBytes.array(of: parts.capacity, stride: MemoryLayout<Int64>.stride) }

    /// Adds accepted units, and says whether they are too many for one process.
    mutating func note(_ cost: Int, _ policy: Policy, _ model: ControlModel, at now: Timestamp) -> Bool {
        if parts.count != policy.windows.count { parts = Array(repeating: 0, count: policy.windows.count) }
        let elapsed = time == .min ? 0 : max(0, now.milliseconds - time)
        time = max(time, now.milliseconds)
        var exceeds = false
        for (place, window) in policy.windows.enumerated() {
            let size = Int64(max(2 * window.limit, window.limit + model.burst + 1)) * window.durationMilliseconds
            let left = elapsed > size / Int64(window.limit) ? 0 : max(0, parts[place] - elapsed * Int64(window.limit))
            parts[place] = left + Int64(cost) * window.durationMilliseconds
            if parts[place] > size { (parts[place], exceeds) = (size, true) }
        }
        return exceeds
    }
}
