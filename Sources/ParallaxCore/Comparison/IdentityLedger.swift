/// What an instance knows of one identity's units.
struct IdentityLedger: TableValue, ~Copyable {
    /// What the candidate accepted, at its own times.
    private var accepted = SlidingLog()
    /// What it may have accepted: its answer never came. At the instance's times, as the next two.
    private var unanswered = SlidingLog()
    private var controlOnly = SlidingLog()
    private var candidateOnly = SlidingLog()
    /// How far ahead of the instance's the candidate's clock was when it accepted them.
    private var clock = ObservedClock()
    /// How much longer some of its answers took than others.
    private var delays = ObservedDelays()
    /// How far units were moved on because their answers came late, at most.
    private var longestMove: Int64 = 0
    /// Units of requests whose answers are still to come.
    private var pending = 0
    /// When Redis was last seen to hold units of others.
    private var othersSeen: Timestamp?
    /// The fewest units beyond this instance's that were seen in a window of such a duration: more can only be others'.
    private var fewestBeyond: (durationMilliseconds: Int64, units: Int, judgedAt: Timestamp)?

    var heapBytes: Int {
        accepted.heapBytes + unanswered.heapBytes + controlOnly.heapBytes + candidateOnly.heapBytes + clock.heapBytes
    }

    func units(
        before candidate: Decision, on request: CheckRequest, at time: Timestamp, explaining kind: DivergenceKind,
        _ tolerances: ComparisonTolerances
    ) -> InstanceUnits {
        guard let judgedAt = candidate.judgedAt.map({ effective($0, tolerances) }) else { return InstanceUnits() }
        var own = InstanceUnits()
        own.reserve(request.policy.windows.count)
        own.clockHasStepped = clock.hasStepped
        own.clockHasSteppedLately = clock.hasStepped(
            within: request.policy.longestDurationMilliseconds, before: time)
        own.hasSeenOthers = othersSeen.map { time - $0 < request.policy.longestDurationMilliseconds } ?? false
        for (index, window) in request.policy.windows.enumerated() {
            let duration = window.durationMilliseconds
            let start = judgedAt + -duration
            own.held.append(accepted.units(after: start, through: judgedAt) + unanswered.units(in: duration, at: time))
            let state = index < candidate.windows.count ? candidate.windows[index] : nil
            own.lost.append(
                state.map { lost(of: $0, before: candidate, request.cost, after: start, judgedAt, tolerances) } ?? 0)
            own.controlOnly.append(controlOnly.units(in: duration, at: time))
            own.candidateOnly.append(candidateOnly.units(in: duration, at: time))
        }
        own.inReach = unitsInReach(of: judgedAt, on: request, tolerances)
        // Counts tell the other kinds; which of several windows has the longest wait, only a log does.
        guard kind == .differentWindow else { return own }
        own.outcome = accepted.look(request.policy, cost: request.cost, at: judgedAt).outcome
        own.controlOutcome = clock.hasStepped ? outcomeByControlsClock(request, at: time) : own.outcome
        return own
    }

    /// Units of each window that are under way, or that were accepted or left the window so near to this decision that
    /// the sides may have seen them in another order.
    private func unitsInReach(
        of judgedAt: Timestamp, on request: CheckRequest, _ tolerances: ComparisonTolerances
    ) -> [Int] {
        let near = tolerances.boundaryMilliseconds + delays.spreadMilliseconds
        let newest = max(judgedAt, accepted.newest ?? judgedAt)
        let recent = accepted.units(after: judgedAt + -near, through: newest)
        return request.policy.windows.map { window in
            let start = judgedAt + -window.durationMilliseconds
            return pending + recent + accepted.units(after: start + -near, through: min(start + near, newest))
        }
    }

    private func outcomeByControlsClock(_ request: CheckRequest, at time: Timestamp) -> Decision.Outcome {
        var log = SlidingLog()
        accepted.forEach { unit in
            log.append(
                1, at: unit + -clock.ahead(at: unit), keeping: request.policy.longestDurationMilliseconds)
        }
        return log.look(request.policy, cost: request.cost, at: time).outcome
    }

    mutating func noteClock(
        _ candidate: Decision, on request: CheckRequest, at time: Timestamp, _ tolerances: ComparisonTolerances
    ) {
        followStepBack(of: candidate, at: time)
        guard let judgedAt = candidate.judgedAt else { return }
        delays.note(
            judgedAt - time, at: time, keeping: request.policy.longestDurationMilliseconds,
            tolerance: tolerances.clockSkewMilliseconds)
        clock.note(judgedAt - time, at: time, after: accepted.newest, tolerance: tolerances.clockSkewMilliseconds)
    }

    /// Does with what is known of units ahead of either clock as the limiters do with theirs.
    private mutating func followStepBack(of candidate: Decision, at time: Timestamp) {
        unanswered.followStepBack(to: time)
        controlOnly.followStepBack(to: time)
        candidateOnly.followStepBack(to: time)
        if let seen = othersSeen, seen > time { othersSeen = time }
        guard let judgedAt = candidate.judgedAt else { return }
        accepted.followStepBack(to: judgedAt)
        if let known = fewestBeyond, known.judgedAt > judgedAt + Clocks.stepMilliseconds { fewestBeyond = nil }
    }

    mutating func begin(_ request: CheckRequest) { pending += request.cost }

    mutating func end(_ request: CheckRequest) { pending = max(0, pending - request.cost) }

    /// Notes whether Redis holds units that this instance did not send.
    ///
    /// Of units from before its memory began no one can tell. So a window counts whose units are all younger, whichever
    /// of the two clocks tells their age, or one that came to hold more of them than it held at a time. Everything that
    /// may be this instance's is taken for it, as answers come back in any order.
    mutating func lookForOthers(
        in candidate: Decision, on request: CheckRequest, at time: Timestamp, knownSince since: Timestamp,
        _ tolerances: ComparisonTolerances
    ) {
        guard let judgedAt = candidate.judgedAt else { return }
        let end = effective(judgedAt, tolerances)
        for state in candidate.windows {
            let duration = state.window.durationMilliseconds
            let used = state.used - (candidate.isAllowed ? request.cost : 0)
            // Of units of the same millisecond no one can tell whether they came before.
            let most = used - accepted.units(after: end + -duration, through: end + -1)
            let ours = accepted.units(after: end + -duration, through: max(end, accepted.newest ?? end))
            let least = used - ours - unanswered.units(in: duration, at: time) - pending
            if least > 0, isYounger(state, than: since, ahead: judgedAt - time) { othersSeen = time }
            guard duration == request.policy.longestDurationMilliseconds else { continue }
            let known = fewestBeyond.flatMap { $0.durationMilliseconds == duration ? $0 : nil }
            if let known, end >= known.judgedAt, least > known.units { othersSeen = time }
            // Lost units of this instance must not make room for others that there are not.
            if known.map({ max(0, most) < $0.units }) ?? true { fewestBeyond = (duration, max(0, most), end) }
        }
    }

    /// Whether the window's oldest unit is younger; `false` if no one can tell.
    private func isYounger(_ state: WindowState, than start: Timestamp, ahead: Int64) -> Bool {
        // Of an overdrawn window `reset` does not tell the oldest unit.
        guard state.used <= state.window.limit else { return false }
        let oldest = state.reset + -state.window.durationMilliseconds
        return min(oldest, oldest + -ahead) >= start
    }

    /// Units of a window that Redis must hold and does not: more are certain to have been accepted than it counts, or
    /// some are older than the oldest that it holds.
    private func lost(
        of state: WindowState, before candidate: Decision, _ cost: Int, after start: Timestamp, _ judgedAt: Timestamp,
        _ tolerances: ComparisonTolerances
    ) -> Int {
        let (first, last) = (start + tolerances.boundaryMilliseconds + longestMove, judgedAt + -1)
        let certain = accepted.units(after: first, through: last)
        let used = state.used - (candidate.isAllowed ? cost : 0)
        guard used > 0, state.used <= state.window.limit else { return max(0, certain - used) }
        let oldest = state.reset + -state.window.durationMilliseconds
        return max(0, certain - used, oldest > first ? accepted.units(after: first, through: oldest + -1) : 0)
    }

    mutating func enter(
        _ request: CheckRequest, at time: Timestamp, control: Decision, candidate: Decision
    ) {
        let kept = request.policy.longestDurationMilliseconds
        if let judgedAt = candidate.judgedAt, candidate.isAllowed {
            if let newest = accepted.newest, newest > judgedAt { longestMove = max(longestMove, newest - judgedAt) }
            accepted.append(request.cost, at: judgedAt, keeping: kept)
        }
        if candidate.mayHaveBeenCarriedOut { unanswered.append(request.cost, at: time, keeping: kept) }
        guard control.isAllowed != candidate.isAllowed else { return }
        if control.isAllowed {
            controlOnly.append(request.cost, at: time, keeping: kept)
        } else {
            candidateOnly.append(request.cost, at: time, keeping: kept)
        }
    }

    /// A log never runs backwards: where the candidate's clock stepped back, it judged at its newest unit. A little
    /// earlier than the newest is an answer that comes late.
    private func effective(_ judgedAt: Timestamp, _ tolerances: ComparisonTolerances) -> Timestamp {
        guard let newest = accepted.newest, newest - judgedAt > tolerances.clockSkewMilliseconds else {
            return judgedAt
        }
        return newest
    }
}

extension SlidingLog {
    /// Units that a window holds at a time of their own clock.
    fileprivate func units(in durationMilliseconds: Int64, at time: Timestamp) -> Int {
        guard count > 0 else { return 0 }
        return units(after: time + -durationMilliseconds, through: time)
    }
}

extension Decision {
    /// Whether the candidate may have accepted the units though no answer says so.
    fileprivate var mayHaveBeenCarriedOut: Bool {
        switch outcome {
        case .unavailable(.timedOut), .unavailable(.disconnected): true
        default: false
        }
    }
}
