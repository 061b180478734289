import FeatureFlags
import ParallaxCore

extension HealthReport {
    /// The flag file and what it says; also the answer of `GET /v1/flags`.
    struct FlagFile: Equatable, Sendable {
        /// The values in force: the last good ones.
        var values: FlagValues
        /// Whether a valid reading was ever had.
        var isLoaded: Bool
        /// What is wrong with the file as it is now; `nil` if nothing is.
        var problem: String?
        /// Whether a rollback that is not in the file holds this instance, and no other, at `legacy`.
        var isHeldAtLegacy = false
        /// Why the file cannot be written, so that a rollback would not reach it; `nil` if it can.
        var writeProblem: String?
        /// Readings that were not valid flags since the start.
        var invalidReads = 0
        /// The SHA-256 of the content that is applied; `nil` if none was ever read.
        var contentHash: String?
    }

    struct Recorder: Equatable, Sendable {
        /// Comparisons waiting to be written, and how many may.
        var pending = 0
        var capacity: Int
        /// Comparisons written since the start.
        var written = 0
        /// Comparisons that could not be recorded since the start, by reason.
        var dropped: [String: Int] = [:]
        /// Bytes that the records take; `nil` if it is not known, or there is no bound.
        var usedBytes: Int?
        /// The most that they may take; `nil` for no bound.
        var maximumBytes: Int?
        /// From when on records are kept, if the bound of bytes has made older ones go.
        var keptSince: Timestamp?
        /// What keeps it from writing now; `nil` if nothing does.
        var problem: String?
    }

    struct TriggerReading: Equatable, Sendable {
        var trigger: Trigger
        var state: TriggerState
        /// Whether it fired and was not acknowledged yet.
        var isLatched = false
        var isDryRun = false
        /// Whether it could fire were something wrong. If not, the sentence says what is missing.
        var isArmed = true
        /// Whether it would fire, if other evidence did not show that a rollback would not help.
        var isHeldBack = false
        /// The last verdict as a sentence.
        var sentence: String?
    }

    /// What one source's response times are compared with.
    struct Baseline: Equatable, Sendable {
        var source: ResponseTimeSource
        var state: ParallaxCore.Baseline.State
        /// Whether it can be how long callers wait without Redis.
        var isPlausible = true
    }

    /// Callers who wait for the candidate at this moment.
    struct Waiting: Equatable, Encodable, Sendable {
        var callers = 0
        /// Those of which it is not known since when.
        var untracked = 0
    }
}

extension HealthReport.FlagFile: Encodable {
    private enum CodingKeys: String, CodingKey {
        case state, distributedRateLimitingEnabled, hybridRateLimiting, failOpenOnRedisError
        case distributedEnforcementPercent, invalidReads, contentHash, problem, heldAtLegacy, writeProblem
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(!isLoaded ? "missing" : problem == nil ? "valid" : "last_good", forKey: .state)
        try fields.encode(values.distributedEnabled, forKey: .distributedRateLimitingEnabled)
        try fields.encode(values.hybrid, forKey: .hybridRateLimiting)
        try fields.encode(values.failOpen, forKey: .failOpenOnRedisError)
        try fields.encode(values.enforcementPercent, forKey: .distributedEnforcementPercent)
        try fields.encode(invalidReads, forKey: .invalidReads)
        try fields.encodeIfPresent(contentHash, forKey: .contentHash)
        try fields.encodeIfPresent(problem, forKey: .problem)
        try fields.encode(isHeldAtLegacy, forKey: .heldAtLegacy)
        try fields.encodeIfPresent(writeProblem, forKey: .writeProblem)
    }
}

extension HealthReport.Recorder: Encodable {
    private enum CodingKeys: String, CodingKey {
        case state, pending, capacity, written, dropped, usedBytes, maxBytes, keptSince, problem
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(problem == nil ? "writing" : "failing", forKey: .state)
        try fields.encode(pending, forKey: .pending)
        try fields.encode(capacity, forKey: .capacity)
        try fields.encode(written, forKey: .written)
        try fields.encode(dropped, forKey: .dropped)
        try fields.encodeIfPresent(usedBytes, forKey: .usedBytes)
        try fields.encodeIfPresent(maximumBytes, forKey: .maxBytes)
        try fields.encodeIfPresent(keptSince?.iso8601Seconds, forKey: .keptSince)
        try fields.encodeIfPresent(problem, forKey: .problem)
    }
}

extension HealthReport.TriggerReading: Encodable {
    private enum CodingKeys: String, CodingKey {
        case trigger, state, latched, dryRun, armed, missing, sentence
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(trigger, forKey: .trigger)
        try fields.encode(state.rawValue, forKey: .state)
        try fields.encode(isLatched, forKey: .latched)
        try fields.encode(isDryRun, forKey: .dryRun)
        try fields.encode(isArmed, forKey: .armed)
        if !isArmed { try fields.encode(sentence ?? "it has not been evaluated yet", forKey: .missing) }
        try fields.encodeIfPresent(sentence, forKey: .sentence)
    }
}

extension HealthReport.Baseline: Encodable {
    private enum CodingKeys: String, CodingKey {
        case source, state, samples, plausible, frozenAt
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(source, forKey: .source)
        try fields.encode(state.stage.rawValue, forKey: .state)
        try fields.encode(state.samples, forKey: .samples)
        // Left out unless something else was slow while it was learned.
        if !isPlausible { try fields.encode(false, forKey: .plausible) }
        switch state {
        case .learning: break
        case .frozen(let frozen), .stale(let frozen):
            try fields.encode(frozen.frozenAt.iso8601Seconds, forKey: .frozenAt)
        }
    }
}
