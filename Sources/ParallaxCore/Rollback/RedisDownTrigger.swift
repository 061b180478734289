/// Fires when Redis has had no good run for too long, or was away for as long in all within a longer window.
///
/// Redis is probed once a second. A good run is several successes in a row; without one, Redis counts as down since the
/// first failure after the last good run, so a brown-out with a lucky probe now and then counts in full. Outages that
/// repeat are summed up over the window: a Redis that crashes again and again, each time for less than the limit, is no
/// better than one that is away permanently. It fires only while Redis is down.
///
/// Decisions that Redis answers while its probes fail show that it is there, so the outage counts from the last of
/// them: what is wrong then is the probe. Decisions that are answered only once probes succeed again say nothing of the
/// time before.
package struct RedisDownTrigger: Sendable {
    /// What was measured at one time, and the settings that it is judged by.
    package struct Reading: Equatable, Sendable {
        package var settings = RollbackSettings()
        /// Since the first failure after the last good run, or since decisions were answered; `nil` while Redis is up,
        /// or nothing is known yet.
        package var downMilliseconds: Int64?
        /// Down within the window, the present outage included, and in how many outages.
        package var downInWindowMilliseconds: Int64 = 0
        package var outagesInWindow = 0
        /// In how long outages that are over no longer make it suspect, if Redis stays up; `nil` if they do not now.
        package var clearsInMilliseconds: Int64?
        /// Up to a good run.
        package var successesInARow = 0
        /// Probes since the first failure after the last good run, and how many of them failed.
        package var probes = 0
        package var failedProbes = 0
        /// The decisions of the short window, if they show that Redis is there although its probes fail.
        package var answered: AttemptTally?
        /// How long Redis would count as down, in this outage or within the window, had no decision of it been
        /// answered;
        /// `nil` unless decisions are answered.
        package var downUnlessAnsweredMilliseconds: Int64?
    }

    private let settings: RollbackSettings
    private var run: ProbeRun
    /// When the first of them came.
    private var runSince: Int64 = 0
    /// The first failure after the last good run; `nil` while Redis is up.
    private var downSince: Int64?
    /// When decisions last showed that Redis is there, during this outage.
    private var answeredAt: Int64?
    private var probes = 0
    private var failedProbes = 0
    private var outages: OutageWindow
    /// The decisions of the short window, since this outage began.
    private var attempts: SecondBuckets<AttemptTally>

    /// - Parameter settings: Validated settings.
    package init(settings: RollbackSettings) {
        self.settings = settings
        run = ProbeRun(needed: settings.goodRunProbes)
        outages = OutageWindow(seconds: settings.redisDownWindowSeconds)
        attempts = SecondBuckets(
            longSeconds: settings.errorShortWindowSeconds, shortSeconds: settings.errorShortWindowSeconds)
    }

    /// Takes in the outcome of one probe.
    package mutating func probe(success: Bool, at now: ClockReading) {
        if success && run.length == 0 { runSince = now.steadyMilliseconds }
        run.add(success: success)
        if isUp { return end() }
        if downSince == nil && !success { begin(at: now.steadyMilliseconds) }
        guard downSince != nil else { return }
        probes += 1
        if !success { failedProbes += 1 }
    }

    /// Takes in the candidate's attempts of the last second.
    package mutating func count(_ tally: AttemptTally, at now: ClockReading) {
        // The second in which the probes began to fail holds decisions of before.
        guard let downSince, now.steadyMilliseconds - downSince > 1000 else { return }
        attempts.add(tally, second: now.second)
        guard tally.decided > 0 && isAnswering else { return }
        if run.length == 0 || wasAnswered(at: now.steadyMilliseconds) { answeredAt = now.steadyMilliseconds }
    }

    /// Whether decisions were answered within the short window, before the probes began to succeed.
    private func wasAnswered(at now: Int64) -> Bool {
        answeredAt.map { now - $0 <= Int64(settings.errorShortWindowSeconds) * 1000 } ?? false
    }

    /// Whether Redis is in a good run at this moment.
    package var isUp: Bool { run.isGood }

    /// Whether decisions show that Redis is there although its probes fail: it answered nearly all of the short window.
    package var isAnswering: Bool {
        let tally = attempts.short
        let failures = tally.errors + tally.outages
        return downSince != nil && tally.decided > 0
            && Double(tally.decided) * 100 >= settings.answeredPercent * Double(tally.decided + failures)
    }

    /// Forgets everything, after a time in which no one probed.
    package mutating func restart() {
        run.add(success: false)
        downSince = nil
        outages.clear()
    }

    /// Forgets outages that are over, when the candidate comes into play.
    package mutating func forgetEndedOutages() {
        outages.clear()
    }

    package func read(at now: ClockReading) -> Reading {
        let steady = now.steadyMilliseconds
        let start = outageStart
        // The probes of a run that may become a good one are not an outage yet, and may be none.
        let end = run.length > 0 ? runSince : steady
        let total = outages.total(at: steady, current: start.map { $0..<max($0, end) })
        var reading = Reading(
            settings: settings, downMilliseconds: start.map { steady - $0 },
            downInWindowMilliseconds: total.milliseconds, outagesInWindow: total.outages, successesInARow: run.length)
        guard let downSince else {
            if reading.state == .suspect {
                reading.clearsInMilliseconds = outages.clears(
                    below: Int64(settings.redisDownSeconds) * 1000, at: steady)
            }
            return reading
        }
        (reading.probes, reading.failedProbes) = (probes, failedProbes)
        if isAnswering {
            reading.answered = attempts.short
            let unlessAnswered = outages.total(at: steady, current: downSince..<max(downSince, end))
            reading.downUnlessAnsweredMilliseconds = max(steady - downSince, unlessAnswered.milliseconds)
        }
        return reading
    }

    package func evaluate(at now: ClockReading) -> Evaluation {
        let reading = read(at: now)
        var evaluation = Evaluation(
            trigger: .redisDown, time: now.wall, state: reading.state, sentence: reading.sentence)
        (evaluation.reading, evaluation.isHeldBack) = (.redisDown(reading), reading.isHeldBack)
        return evaluation
    }

    private var outageStart: Int64? {
        downSince.map { max($0, answeredAt ?? $0) }
    }

    private mutating func begin(at now: Int64) {
        downSince = now
        answeredAt = nil
        (probes, failedProbes) = (0, 0)
        attempts.clear()
    }

    /// The outage is over since the first probe of the good run.
    private mutating func end() {
        if let start = outageStart, start < runSince { outages.add(start..<runSince) }
        downSince = nil
    }
}

extension RedisDownTrigger.Reading {
    package var state: TriggerState {
        let limit = Int64(settings.redisDownSeconds) * 1000
        let isBeyond = max(downMilliseconds ?? 0, downInWindowMilliseconds) > limit
        if downMilliseconds == nil && successesInARow < settings.goodRunProbes { return .warming }
        guard downMilliseconds != nil else { return isBeyond ? .suspect : .ok }
        return isBeyond && answered == nil ? .firing : .suspect
    }

    /// Whether it would fire, if no decision had been answered.
    var isHeldBack: Bool { (downUnlessAnsweredMilliseconds ?? 0) > Int64(settings.redisDownSeconds) * 1000 }

    var sentence: String {
        let inWindow =
            "down for \(NumberFormat.decimal(Double(downInWindowMilliseconds) / 1000)) s "
            + "of the last \(settings.redisDownWindowSeconds) s"
        guard let down = downMilliseconds else {
            if state == .warming {
                return "\(successesInARow) of \(settings.goodRunProbes) probes in a row have succeeded since the start"
            }
            let up = "Redis is up: its last \(settings.goodRunProbes) probes or more succeeded"
            return outagesInWindow == 0
                ? up : up + "; it was \(inWindow), in \(NumberFormat.counted(outagesInWindow, "outage"))"
        }
        let probes = "\(NumberFormat.count(failedProbes)) of \(NumberFormat.count(self.probes)) probes failed"
        if let answered {
            let decisions = NumberFormat.counted(answered.decided + answered.errors + answered.outages, "decision")
            return "\(probes), but Redis answered \(NumberFormat.count(answered.decided)) of \(decisions) "
                + "within \(settings.errorShortWindowSeconds) s, so it is not down: look at what the probe needs"
        }
        let noGoodRun = "no good run of Redis for \(NumberFormat.decimal(Double(down) / 1000)) s"
        let limit = "(limit \(settings.redisDownSeconds) s): \(probes)"
        return outagesInWindow > 1
            ? "\(noGoodRun), \(inWindow), in \(outagesInWindow) outages \(limit)" : "\(noGoodRun) \(limit)"
    }

    /// What releases stored that did not sum outages up holds no window.
    mutating func exchange(with numbers: inout EvidenceNumbers) {
        var down = downMilliseconds ?? 0
        numbers.exchange("downSeconds", &down)
        numbers.exchange("limitSeconds", &settings.redisDownSeconds)
        numbers.exchange("windowSeconds", &settings.redisDownWindowSeconds, ifMissing: 0)
        numbers.exchange("downInWindowSeconds", &downInWindowMilliseconds, ifMissing: 0)
        numbers.exchange("outagesInWindow", &outagesInWindow, ifMissing: 0)
        numbers.exchange("clearsInSeconds", &clearsInMilliseconds)
        numbers.exchange("goodRunProbes", &settings.goodRunProbes)
        numbers.exchange("successesInARow", &successesInARow)
        numbers.exchange("probes", &probes)
        numbers.exchange("failedProbes", &failedProbes)
        downMilliseconds = probes == 0 || successesInARow == settings.goodRunProbes ? nil : down
        guard numbers.holds("decided", answered != nil) else { return }
        var (decided, failed) = (answered?.decided ?? 0, (answered?.errors ?? 0) + (answered?.outages ?? 0))
        numbers.exchange("decided", &decided)
        numbers.exchange("failedDecisions", &failed, ifMissing: 0)
        numbers.exchange("decisionsSeconds", &settings.errorShortWindowSeconds, ifMissing: 0)
        numbers.exchange("downUnlessAnsweredSeconds", &downUnlessAnsweredMilliseconds)
        answered = AttemptTally(decided: decided, errors: failed)
        // Earlier releases kept only what counts as down.
        downUnlessAnsweredMilliseconds = downUnlessAnsweredMilliseconds ?? down
    }
}

extension RedisDownTrigger {
    /// The ended outages of Redis that reach into a window, for how long it was away in all.
    ///
    /// Times are milliseconds on the monotonic clock. Bounded: an outage and the good run after it take three probes at
    /// least.
    struct OutageWindow: Equatable, Sendable {
        private let milliseconds: Int64
        private var ended: [Range<Int64>] = []

        /// - Parameter seconds: The length of the window; with 0 nothing is summed up.
        init(seconds: Int) {
            milliseconds = Int64(seconds) * 1000
        }

        /// Takes in an outage that has ended at `outage.upperBound`, and drops those that have left the window.
        mutating func add(_ outage: Range<Int64>) {
            guard milliseconds > 0, !outage.isEmpty else { return }
            ended.removeAll { $0.upperBound <= outage.upperBound - milliseconds }
            ended.append(outage)
        }

        mutating func clear() {
            ended = []
        }

        /// How long Redis was away within the window that ends now, in how many outages.
        ///
        /// - Parameter current: The present outage so far; `nil` while Redis is up.
        func total(at now: Int64, current: Range<Int64>?) -> (milliseconds: Int64, outages: Int) {
            guard milliseconds > 0 else { return (0, 0) }
            let start = now - milliseconds
            var total = (milliseconds: Int64(0), outages: 0)
            for outage in ended + (current.map { [$0] } ?? []) where outage.upperBound > start {
                total.milliseconds += outage.upperBound - max(outage.lowerBound, start)
                total.outages += 1
            }
            return total
        }

        /// In how many milliseconds the total of the ended outages no longer exceeds a limit, if Redis stays up.
        func clears(below limit: Int64, at now: Int64) -> Int64 {
            var excess = total(at: now, current: nil).milliseconds - limit
            guard excess > 0 else { return 0 }
            for outage in ended {
                let start = max(outage.lowerBound, now - milliseconds)
                let length = max(0, outage.upperBound - start)
                if excess <= length { return start + excess + milliseconds - now }
                excess -= length
            }
            return milliseconds
        }
    }
}

/// Successful probes in a row. Enough of them make Redis good again after a failure: a lucky probe ends no brown-out.
package struct ProbeRun: Equatable, Sendable {
    package let needed: Int
    /// Up to what is needed.
    package private(set) var length = 0

    /// - Parameter needed: 1 or more.
    package init(needed: Int) {
        self.needed = needed
    }

    package var isGood: Bool { length == needed }

    package mutating func add(success: Bool) { length = success ? min(length + 1, needed) : 0 }
}
