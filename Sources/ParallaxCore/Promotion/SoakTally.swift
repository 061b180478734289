/// What happened in a watch, as one instance saw it.
package struct SoakTally: Codable, Equatable, Sendable {
    /// The worst that a trigger came to.
    package struct Alarm: Codable, Equatable, Sendable {
        package let trigger: Trigger
        package let state: TriggerState
        /// When it was last in that state.
        package let time: Timestamp
        package let sentence: String
    }

    /// When the watch began.
    package let since: Timestamp
    /// Answers given, and those of them that had no verdict.
    package private(set) var answers = 0
    package private(set) var unavailable = 0
    /// Triggers that were suspect or firing, each with its worst state.
    package private(set) var alarms: [Alarm] = []
    /// Alerts that began, by name.
    package private(set) var alerts: [String: Int] = [:]
    /// When an instance ran and reported.
    package private(set) var watched = SoakMinutes()

    package init(since: Timestamp) {
        self.since = since
    }

    /// Notes that an instance runs in `distributed_only` at this time.
    package mutating func watch(at now: Timestamp) {
        watched.insert(Int((now - since) / 60_000))
    }

    /// Triggers that fired.
    package var fired: [Trigger] { alarms.filter { $0.state == .firing }.map(\.trigger) }

    /// The worst alarm, and of equals the newest.
    package var worst: Alarm? {
        alarms.max { ($0.state == .firing ? 1 : 0, $0.time) < ($1.state == .firing ? 1 : 0, $1.time) }
    }

    package mutating func count(answers: Int, unavailable: Int) {
        self.answers += answers
        self.unavailable += unavailable
    }

    package mutating func count(alert name: String, times: Int = 1) {
        alerts[name, default: 0] += times
    }

    /// Takes in a trigger's verdict.
    package mutating func note(_ evaluation: Evaluation) {
        guard evaluation.state == .suspect || evaluation.state == .firing, evaluation.time >= since else { return }
        note(
            Alarm(
                trigger: evaluation.trigger, state: evaluation.state, time: evaluation.time,
                sentence: evaluation.sentence))
    }

    /// The sum of what several instances saw of one watch.
    package mutating func add(_ other: SoakTally) {
        count(answers: other.answers, unavailable: other.unavailable)
        watched.formUnion(other.watched)
        for (name, times) in other.alerts { count(alert: name, times: times) }
        for alarm in other.alarms { note(alarm) }
    }

    private mutating func note(_ alarm: Alarm) {
        guard let known = alarms.firstIndex(where: { $0.trigger == alarm.trigger }) else {
            alarms.append(alarm)
            return
        }
        let isWorse = alarm.state == .firing && alarms[known].state != .firing
        let isNewer = alarm.state == alarms[known].state && alarm.time >= alarms[known].time
        if isWorse || isNewer { alarms[known] = alarm }
    }
}

extension SoakTally {
    /// The sum of a thousand such counts does not overflow.
    private static let maximumCount = 1 << 53

    private enum CodingKeys: String, CodingKey {
        case since, answers, unavailable, alarms, alerts, watched
    }

    /// - Throws: `DecodingError`, also for counts that no instance can have.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        since = try values.decode(Timestamp.self, forKey: .since)
        answers = try values.decode(Int.self, forKey: .answers)
        unavailable = try values.decode(Int.self, forKey: .unavailable)
        alarms = try values.decode([Alarm].self, forKey: .alarms)
        alerts = try values.decode([String: Int].self, forKey: .alerts)
        // What earlier versions kept lacks it: then nothing is known to have been watched.
        watched = try values.decodeIfPresent(SoakMinutes.self, forKey: .watched) ?? SoakMinutes()
        guard ([answers, unavailable] + alerts.values).allSatisfy((0...Self.maximumCount).contains) else {
            throw DecodingError.dataCorruptedError(
                forKey: .answers, in: values, debugDescription: "counts must be from 0 to \(Self.maximumCount)")
        }
    }
}

extension TriggerState: Codable {}

/// The minutes since the beginning of a watch in which an instance ran, did what the flags say and reported.
package struct SoakMinutes: Equatable, Sendable {
    /// The most ranges that are kept: beyond, the shortest are given up, which only makes the watch longer.
    private static let maximumRanges = 500
    /// 31 years: more than any watch lasts.
    private static let maximumMinutes = 1 << 24

    /// In order and apart from each other.
    private(set) var ranges: [Range<Int>] = []

    package init() {}

    package var count: Int { ranges.reduce(0) { $0 + $1.count } }

    package mutating func insert(_ minute: Int) {
        guard minute >= 0 else { return }
        if let last = ranges.last, last.contains(minute) { return }
        if let last = ranges.last, last.upperBound == minute {
            ranges[ranges.count - 1] = last.lowerBound..<(minute + 1)
        } else {
            ranges.append(minute..<(minute + 1))
            normalize()
        }
    }

    /// Adds the minutes that another instance watched.
    package mutating func formUnion(_ other: SoakMinutes) {
        ranges += other.ranges
        normalize()
    }

    private mutating func normalize() {
        var joined: [Range<Int>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, range.lowerBound <= last.upperBound {
                joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        while joined.count > Self.maximumRanges,
            let shortest = joined.indices.min(by: { joined[$0].count < joined[$1].count })
        {
            joined.remove(at: shortest)
        }
        ranges = joined
    }
}

/// Encoded as a list of pairs: the first minute of a range and the one after its last.
extension SoakMinutes: Codable {
    /// - Throws: `DecodingError` for more or later ranges than a watch has.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        ranges = try container.decode([Range<Int>].self)
        guard ranges.count <= Self.maximumRanges,
            ranges.allSatisfy({ $0.lowerBound >= 0 && $0.upperBound <= Self.maximumMinutes })
        else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription:
                    "must be at most \(Self.maximumRanges) ranges of minutes from 0 to \(Self.maximumMinutes)")
        }
        normalize()
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(ranges)
    }
}
