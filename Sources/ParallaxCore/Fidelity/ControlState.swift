/// What a modelled limiter would decide about one request.
package struct ModelVerdict: Equatable, Sendable {
    /// The window that limits, by its place in the policy; `nil` if the request is allowed.
    package let limitingWindow: Int?
    /// Units that the window with the least remaining has left before this request, by its place in the policy.
    package let tightestWindow: Int
    package let remaining: Int
    /// The smallest wait after which the same request would be accepted; 0 if it is allowed.
    package let retryAfterMilliseconds: Int64

    package var isAllowed: Bool { limitingWindow == nil }
}

/// What a modelled limiter remembers of one identity in one process.
///
/// A value without a clock. ``verdict(_:of:cost:at:)`` says what the model would decide;
/// ``enter(_:after:_:of:cost:at:)`` enters what the real limiter did, also if it contradicts the model. A model left to
/// itself follows its own verdicts: ``decide(_:of:cost:at:)``. The model and the policy (``ControlModel/policy(for:)``) are passed in, since one limiter has
/// one of them for all identities.
package struct ControlState: ~Copyable, TableValue {
    /// One request whose verdict the state follows.
    package struct Outcome: Sendable {
        package let isAllowed: Bool
        /// The window that refused, by its place in the policy; `nil` if it is not known: then the model's own.
        package let limitingWindow: Int?

        package init(isAllowed: Bool, limitingWindow: Int? = nil) {
            self.isAllowed = isAllowed
            self.limitingWindow = limitingWindow
        }
    }

    /// The units of all windows, if they share one log.
    private var log = SlidingLog()
    /// The windows that are metered one by one, and their meters; empty if they share one log.
    private var windows: [Window] = []
    private var meters: [WindowMeter] = []
    /// The latest time on the limiter's clock that decides: a log's newest unit, or the latest seen. It runs backwards only
    /// if the clock has stepped back.
    private var latest: Int64 = .min
    /// The time on the limiter's clock that is being judged at.
    private var judged: Int64 = .min
    /// When the limiter's process started: where its fixed windows begin. `nil` is the first request seen.
    package var processStart: Timestamp?

    package init() {}

    package var heapBytes: Int {
        guard !meters.isEmpty else { return log.heapBytes }
        return log.heapBytes + HeapBytes.array(of: windows.capacity, stride: MemoryLayout<Window>.stride)
            + HeapBytes.array(of: meters.capacity, stride: MemoryLayout<WindowMeter>.stride)
            + meters.reduce(0) { $0 + $1.heapBytes }
    }

    /// What the model would decide. Lets time pass, and changes nothing else.
    package mutating func verdict(
        _ model: ControlModel, of policy: Policy, cost: Int, at now: Timestamp
    ) -> ModelVerdict {
        guard !model.sharesOneLog else {
            log.followStepBack(to: now)
            return log.verdict(policy, cost: cost, at: now)
        }
        advance(model, policy, to: now)
        return judge(model, cost: cost, at: now)
    }

    /// Enters what the limiter decided about a request for which ``verdict(_:of:cost:at:)`` was just asked.
    package mutating func enter(
        _ outcome: Outcome, after verdict: ModelVerdict, _ model: ControlModel, of policy: Policy, cost: Int,
        at now: Timestamp
    ) {
        guard !model.sharesOneLog else { return log(outcome, policy, cost: cost, at: now) }
        guard !outcome.isAllowed else {
            for place in meters.indices { take(place, model, cost: cost) }
            return
        }
        // If only the model would have allowed it, the window nearest to its limit is the likeliest to have refused.
        let breach = outcome.limitingWindow ?? verdict.limitingWindow ?? verdict.tightestWindow
        for place in meters.indices where isCounted(place, breach, model, cost: cost) { take(place, model, cost: cost) }
    }

    private mutating func log(_ outcome: Outcome, _ policy: Policy, cost: Int, at now: Timestamp) {
        guard outcome.isAllowed else { return }
        // The newest units decide; the rest only tell how far above its limit a window is.
        log.append(cost, at: now, keeping: policy.longestDurationMilliseconds, atMost: policy.largestLimit * 2)
    }

    /// Says what the model would have decided, and enters what the limiter did.
    ///
    /// - Returns: The model's decision, and every window after what the limiter did was entered.
    package mutating func follow(
        _ outcome: Outcome, _ model: ControlModel, of policy: Policy, cost: Int, at now: Timestamp
    ) -> (decision: Decision, windows: [WindowState]) {
        guard !model.sharesOneLog else {
            log.followStepBack(to: now)
            let decision = log.look(policy, cost: cost, at: now)
            log(outcome, policy, cost: cost, at: now)
            let agrees = decision.isAllowed == outcome.isAllowed
            return (decision, agrees ? decision.windows : log.look(policy, cost: 0, at: now).windows)
        }
        let ahead = advance(model, policy, to: now)
        let verdict = judge(model, cost: cost, at: now)
        let modelDecision = verdict.isAllowed == outcome.isAllowed ? nil : look(model, at: policy, cost: cost, at: now)
        enter(outcome, after: verdict, model, of: policy, cost: cost, at: now)
        let followed = decision(verdict, model, at: now, stepBack: ahead)
        return (modelDecision ?? followed, followed.windows)
    }

    /// Decides as a limiter of this kind does: the verdict, followed.
    package mutating func decide(_ model: ControlModel, of policy: Policy, cost: Int, at now: Timestamp) -> Decision {
        guard !model.sharesOneLog else { return log.decide(policy, cost: cost, at: now) }
        let ahead = advance(model, policy, to: now)
        let verdict = judge(model, cost: cost, at: now)
        let outcome = Outcome(isAllowed: verdict.isAllowed, limitingWindow: verdict.limitingWindow)
        enter(outcome, after: verdict, model, of: policy, cost: cost, at: now)
        return decision(verdict, model, at: now, stepBack: ahead)
    }

    /// Decides without taking anything.
    package func look(_ model: ControlModel, at policy: Policy, cost: Int, at now: Timestamp) -> Decision {
        guard !model.sharesOneLog else { return log.look(policy, cost: cost, at: now) }
        var copy = ControlState()
        (copy.windows, copy.meters, copy.latest, copy.processStart) = (windows, meters, latest, processStart)
        return copy.decide(model, of: policy, cost: cost, at: now)
    }

    /// Gives the time of every unit, oldest first, if the windows share one log; else nothing.
    package func forEachUnit(_ body: (Timestamp) -> Void) { log.forEach(body) }
}

// MARK: Windows metered one by one
extension ControlState {
    /// - Returns: How far the limiter's clock was ahead of this time, in milliseconds.
    @discardableResult
    private mutating func advance(_ model: ControlModel, _ policy: Policy, to now: Timestamp) -> Int64 {
        let time = model.time(of: now)
        let ahead = latest > time ? latest - time : 0
        let hasSteppedBack = ahead > Clocks.stepMilliseconds
        judged = hasSteppedBack ? time : max(latest, time)
        if hasSteppedBack || model.counting != .slidingLog { latest = judged }
        if processStart == nil { processStart = now }
        let anchor = anchor(model)
        adopt(model, policy, anchor)
        for place in meters.indices {
            if hasSteppedBack { meters[place].followStepBack(model, windows[place], anchor: anchor, to: judged) }
            meters[place].advance(model, windows[place], anchor: anchor, to: judged)
        }
        return ahead
    }

    /// A start of fixed windows on the limiter's clock.
    private func anchor(_ model: ControlModel) -> Int64 {
        guard model.counting == .fixedWindow(.processStart), let processStart else { return 0 }
        return model.time(of: processStart)
    }

    /// Keeps the meters of windows that the policy still has, with their new limits, and starts the others again.
    private mutating func adopt(_ model: ControlModel, _ policy: Policy, _ anchor: Int64) {
        guard windows != policy.windows else { return }
        meters = policy.windows.map { window in
            let known = windows.firstIndex {
                $0.name == window.name && $0.durationMilliseconds == window.durationMilliseconds
            }
            return known.map { meters[$0] } ?? WindowMeter(model, window, anchor: anchor, at: judged)
        }
        windows = policy.windows
    }

    private func judge(_ model: ControlModel, cost: Int, at now: Timestamp) -> ModelVerdict {
        var (limiting, tightest, remaining, fitsAt) = (-1, 0, Int.max, judged)
        for place in meters.indices {
            let left = windows[place].limit - meters[place].used(model, windows[place], at: judged)
            if left < remaining { (tightest, remaining) = (place, left) }
            let instant = meters[place].fits(cost, model, windows[place], at: judged)
            guard instant > judged else { continue }
            if limiting < 0 || precedes(place, limiting, model, instant > fitsAt) { limiting = place }
            fitsAt = max(fitsAt, instant)
        }
        return ModelVerdict(
            limitingWindow: limiting < 0 ? nil : limiting, tightestWindow: tightest, remaining: max(0, remaining),
            retryAfterMilliseconds: limiting < 0 ? 0 : max(1, callersTime(of: fitsAt, model) - now.milliseconds))
    }

    /// Whether a violated window is named rather than another: the first that is asked, else the one with the longest wait.
    private func precedes(_ place: Int, _ other: Int, _ model: ControlModel, _ hasLongerWait: Bool) -> Bool {
        switch model.composition {
        case .allOrNothing, .allCounted: hasLongerWait
        case .firstBreach, .longestFirst: isAsked(place, before: other, model)
        }
    }

    /// Whether one window is asked before another, where they are asked one after the other.
    private func isAsked(_ place: Int, before other: Int, _ model: ControlModel) -> Bool {
        let (left, right) = (windows[place].durationMilliseconds, windows[other].durationMilliseconds)
        if left == right { return place < other }
        return model.composition == .longestFirst ? left > right : left < right
    }

    /// Whether a window counts a request that `breach` has refused.
    private func isCounted(_ place: Int, _ breach: Int, _ model: ControlModel, cost: Int) -> Bool {
        switch model.composition {
        case .allOrNothing: return model.countsRefusals
        case .firstBreach, .longestFirst:
            return place == breach ? model.countsRefusals : isAsked(place, before: breach, model)
        case .allCounted:
            if model.countsRefusals { return true }
            return place != breach && meters[place].fits(cost, model, windows[place], at: judged) <= judged
        }
    }

    private mutating func take(_ place: Int, _ model: ControlModel, cost: Int) {
        meters[place].take(cost, model, windows[place], at: judged)
        if cost > 0 { latest = judged }
    }

    /// The earliest time of callers at which the limiter's clock has reached an instant.
    private func callersTime(of instant: Int64, _ model: ControlModel) -> Int64 {
        let shown = model.hasWholeSeconds ? (instant + 999) / 1000 * 1000 : instant
        return shown - model.clockOffsetMilliseconds
    }

    private func decision(
        _ verdict: ModelVerdict, _ model: ControlModel, at now: Timestamp, stepBack: Int64
    ) -> Decision {
        let states = meters.indices.map { place in
            let reset = meters[place].reset(model, windows[place], at: judged)
            return WindowState(
                window: windows[place], used: meters[place].used(model, windows[place], at: judged),
                reset: Timestamp(milliseconds: callersTime(of: reset, model)))
        }
        return Decision(
            outcome: verdict.limitingWindow.map { .limited(by: windows[$0].name) } ?? .allowed, windows: states,
            retryAfterMilliseconds: verdict.retryAfterMilliseconds, judgedAt: now, stepBackMilliseconds: stepBack)
    }
}

extension SlidingLog {
    /// What ``look(_:cost:at:)`` says, without the state of every window.
    fileprivate func verdict(_ policy: Policy, cost: Int, at now: Timestamp) -> ModelVerdict {
        let decision = look(policy, cost: cost, at: now)
        let place = decision.windows.indices.min { decision.windows[$0].remaining < decision.windows[$1].remaining }!
        let name = decision.limitingWindow?.window.name
        return ModelVerdict(
            limitingWindow: name.flatMap { name in policy.windows.firstIndex { $0.name == name } },
            tightestWindow: place,
            remaining: decision.windows[place].remaining + (decision.isAllowed ? cost : 0),
            retryAfterMilliseconds: decision.retryAfterMilliseconds)
    }
}
