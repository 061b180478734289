extension ResponseTimeTrigger {
    /// The quantiles at one time and what they are held to.
    package struct Quantiles: Equatable, Sendable {
        package var quantile = Duration.zero
        package var lowerBound = Duration.zero
        package var shortQuantile = Duration.zero
        package var baselineQuantile = Duration.zero
        package var baselineUpperBound = Duration.zero
        package var limit = Duration.zero
        /// How much lower the quantile of the same requests would be had no one waited for the candidate; `nil` if
        /// the waits are not known.
        package var limiterPart: Duration?

        /// How far the quantile is above the baseline's.
        package var added: Duration { max(.zero, quantile - baselineQuantile) }
    }

    /// The waits for the candidate over the long window, of the requests that waited.
    package struct Waits: Equatable, Sendable {
        package var count = 0
        package var median = Duration.zero
        package var quantile = Duration.zero
    }

    /// What was measured of one population at one time, and the settings that it is judged by.
    package struct Reading: Equatable, Sendable {
        package var population: Population
        package var settings = RollbackSettings()
        package var watchedSeconds = 0
        /// Whether it is known that no caller waits for the candidate, so that a rollback would not shorten any wait.
        package var isUnwaited = false
        /// Over the long window, with those in flight that count.
        package var samples = 0
        package var shortSamples = 0
        /// Requests that wait beyond the limit at this moment, and count with the time they have waited so far.
        package var slowInFlight = 0
        /// The samples of the learned baseline, or those of it so far.
        package var baselineSamples = 0
        package var baselineHolds = false
        /// For how long it still has to be learned, at least; `nil` in what releases stored that did not say.
        package var baselineSecondsLeft: Int?
        /// The age of a baseline that is too old; `nil` if there is none. Not stored.
        package var baselineStaleDays: Int?
        /// Response times of the hold-out over the long window; `nil` if there is no hold-out.
        package var heldOutSamples: Int?
        /// `nil` if there is nothing to compare.
        package var quantiles: Quantiles?
        /// `nil` if no one waited for the candidate.
        package var waits: Waits?

        /// Whether the hold-out is what is compared with.
        package var usesHoldout: Bool { (heldOutSamples ?? 0) >= settings.holdoutMinimumSamples }
    }
}

extension ResponseTimeTrigger.Reading {
    package var state: TriggerState {
        guard let quantiles, samples >= settings.responseTimeMinimum else {
            let isWarming = watchedSeconds < settings.errorShortWindowSeconds && (usesHoldout || baselineHolds)
            return isWarming ? .warming : .inconclusive
        }
        if isBeyondLimit {
            let isTrusted = population != .application || settings.trustsApplicationTimes
            return isHeldBack || !isTrusted ? .suspect : .firing
        }
        return quantiles.quantile > quantiles.limit || quantiles.shortQuantile > quantiles.limit ? .suspect : .ok
    }

    /// Whether it would fire, if a caller waited for the candidate. A hold-out that is faster at the same time shows that
    /// the candidate slows callers down, also if none waits for it.
    package var isHeldBack: Bool {
        isBeyondLimit && isUnwaited && !usesHoldout && !settings.responseTimeUnwaited
    }

    private var isBeyondLimit: Bool {
        guard let quantiles, samples >= settings.responseTimeMinimum else { return false }
        return quantiles.lowerBound > quantiles.limit && quantiles.shortQuantile > quantiles.limit
    }

    func limit(over baseline: Duration) -> Duration {
        max(baseline * settings.responseTimeFactor, .milliseconds(settings.responseTimeFloorMilliseconds))
    }

    /// The same times under other settings; `nil` if there were too few for a quantile, and would have been enough.
    func rejudged(with changes: RollbackSettings.Changes) -> Self? {
        var reading = self
        reading.settings = settings.applying(changes)
        guard var quantiles else {
            let isEnough = reading.settings.responseTimeMinimum <= samples && samples < settings.responseTimeMinimum
            return isEnough && state != .warming ? nil : reading
        }
        quantiles.limit = reading.limit(over: quantiles.baselineUpperBound)
        reading.quantiles = quantiles
        return reading
    }
}

// MARK: The sentence

extension ResponseTimeTrigger.Reading {
    var sentence: String {
        var parts = [(population == .service ? "" : "\(population.callers): ") + verdict]
        if let limiterPart { parts.append(limiterPart) }
        if isHeldBack { parts.append("a rollback would not shorten any wait, so nothing is rolled back") }
        if let heldOutSamples, !usesHoldout {
            parts.append(
                "the hold-out has \(NumberFormat.count(heldOutSamples)) of the "
                    + "\(NumberFormat.count(settings.holdoutMinimumSamples)) response times that it needs")
        }
        return parts.joined(separator: "; ")
    }

    private var verdict: String {
        if usesHoldout || baselineHolds { return comparison }
        if let baselineStaleDays {
            return "the baseline is \(baselineStaleDays) days old, beyond \(settings.baselineStaleDays); "
                + "run in `legacy` for a while to learn a new one"
        }
        return "no baseline yet: \(missing); it is learned in `legacy`"
    }

    /// What a baseline lacks: response times, a longer time of them, or both.
    private var missing: String {
        let (count, needed) = (NumberFormat.count(baselineSamples), NumberFormat.count(settings.baselineMinimumSamples))
        let seconds = baselineSecondsLeft ?? 0
        if baselineSamples < settings.baselineMinimumSamples {
            return "\(count) of \(needed) response times" + (seconds > 0 ? ", and \(seconds) s more of them" : "")
        }
        return seconds > 0
            ? "\(count) response times are enough, and \(seconds) s more of them are needed"
            : "\(count) response times are enough, and it holds from the next on"
    }

    private var comparison: String {
        let count = NumberFormat.count(samples)
        guard let quantiles, samples >= settings.responseTimeMinimum else {
            return state == .warming
                ? "counting for \(watchedSeconds) of the first \(settings.errorShortWindowSeconds) s, "
                    + "\(count) response times"
                : "\(count) response times in \(watchedSeconds) s; a quantile needs at least "
                    + NumberFormat.count(settings.responseTimeMinimum)
        }
        let inFlight = slowInFlight > 0 ? ", \(NumberFormat.count(slowInFlight)) of them still unanswered" : ""
        return "p\(NumberFormat.decimal(settings.responseTimeQuantile * 100)) \(NumberFormat.time(quantiles.quantile)) "
            + "(lower bound \(NumberFormat.time(quantiles.lowerBound)), limit \(NumberFormat.time(quantiles.limit)), "
            + "\(usesHoldout ? "hold-out" : "baseline") at most \(NumberFormat.time(quantiles.baselineUpperBound))) "
            + "over \(watchedSeconds) s, \(count) response times\(inFlight)"
    }

    /// `nil` if nothing was added, or it is not known who waited for what.
    private var limiterPart: String? {
        guard let quantiles, let part = quantiles.limiterPart, quantiles.added > .zero else { return nil }
        let added = "of the \(NumberFormat.time(quantiles.added)) added, the limiter caused "
        if waits == nil && slowInFlight == 0 { return added + "none: no caller waited for it" }
        return added + (part >= quantiles.added ? "all" : NumberFormat.time(part))
    }
}

// MARK: Storage

extension ResponseTimeTrigger {
    /// The service's numbers have the bare names; those of other populations begin with theirs.
    static func exchange(_ readings: inout [Reading], with numbers: inout EvidenceNumbers) {
        var exchanged: [Reading] = []
        for population in Population.allCases {
            let known = readings.first { $0.population == population }
            numbers.prefix = population == .service ? "" : population.rawValue
            guard population == .service || numbers.holds("samples", known != nil) else { continue }
            var reading = known ?? Reading(population: population)
            if population == .service {
                reading.exchangeCommon(with: &numbers)
            } else if let service = exchanged.first {
                (reading.settings, reading.watchedSeconds) = (service.settings, service.watchedSeconds)
                reading.isUnwaited = service.isUnwaited
            }
            reading.exchange(with: &numbers)
            exchanged.append(reading)
        }
        readings = exchanged
    }
}

extension ResponseTimeTrigger.Reading {
    /// What all populations have in common.
    fileprivate mutating func exchangeCommon(with numbers: inout EvidenceNumbers) {
        numbers.exchange("minimumSamples", &settings.responseTimeMinimum)
        numbers.exchange("factor", &settings.responseTimeFactor)
        numbers.exchange("quantile", &settings.responseTimeQuantile)
        numbers.exchange("floorMilliseconds", &settings.responseTimeFloorMilliseconds)
        numbers.exchange("confidenceDeviations", &settings.confidenceDeviations)
        numbers.exchange("longWindowSeconds", &settings.errorWindowSeconds)
        numbers.exchange("shortWindowSeconds", &settings.errorShortWindowSeconds)
        numbers.exchange("watchedSeconds", &watchedSeconds)
        numbers.exchange("unwaited", &isUnwaited, ifMissing: false)
        // Releases that did not look at who waits fired in any case.
        numbers.exchange("firesUnwaited", &settings.responseTimeUnwaited, ifMissing: true)
    }

    fileprivate mutating func exchange(with numbers: inout EvidenceNumbers) {
        numbers.exchange("samples", &samples)
        numbers.exchange("shortSamples", &shortSamples)
        numbers.exchange("slowInFlight", &slowInFlight, ifMissing: 0)
        numbers.exchange("baselineSamples", &baselineSamples)
        numbers.exchange("baselineHolds", &baselineHolds, ifMissing: false)
        numbers.exchange("baselineSecondsLeft", &baselineSecondsLeft)
        if numbers.holds("heldOutSamples", heldOutSamples != nil) {
            numbers.exchange("heldOutSamples", &heldOutSamples)
            numbers.exchange("holdoutMinimumSamples", &settings.holdoutMinimumSamples)
            numbers.derive("usesHoldout", usesHoldout.number)
        }
        if numbers.holds("waits", waits != nil) {
            var waits = waits ?? .init()
            numbers.exchange("waits", &waits.count)
            numbers.exchange("waitMedianMilliseconds", &waits.median)
            numbers.exchange("waitQuantileMilliseconds", &waits.quantile)
            self.waits = waits
        }
        guard numbers.holds("lowerBoundMilliseconds", quantiles != nil) else { return }
        var quantiles = quantiles ?? .init()
        numbers.exchange("quantileMilliseconds", &quantiles.quantile)
        numbers.exchange("lowerBoundMilliseconds", &quantiles.lowerBound)
        numbers.exchange("shortQuantileMilliseconds", &quantiles.shortQuantile)
        numbers.exchange("baselineQuantileMilliseconds", &quantiles.baselineQuantile)
        numbers.exchange("baselineUpperBoundMilliseconds", &quantiles.baselineUpperBound)
        numbers.exchange("limitMilliseconds", &quantiles.limit)
        numbers.derive("addedMilliseconds", quantiles.added.number)
        numbers.exchange("limiterMilliseconds", &quantiles.limiterPart)
        self.quantiles = quantiles
    }
}
