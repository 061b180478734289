/// What one receiver has still to be told, and when to try.
///
/// It keeps the state of alerts and no list of messages: after an hour without an answer a receiver is told what holds
/// then, and of each alert that has ended meanwhile its last end. So it never holds more than there are alerts.
package struct AlertDelivery: Equatable, Sendable {
    private let settings: AlertSettings
    /// The alerts that hold, by what makes them the same.
    private var firing: [Alert.Key: Alert] = [:]
    /// Those of them that the receiver knows, with the start that it knows.
    private var told: [Alert.Key: Timestamp] = [:]
    /// The last end of alerts whose end the receiver does not know.
    private var resolved: [Alert.Key: AlertMessage] = [:]
    /// On the steady clock, in milliseconds: when the receiver last took what it was sent, and when to try at the
    /// earliest.
    private var lastDelivery: Int64?
    private var nextAttempt: Int64 = .min
    /// Attempts in a row that failed.
    private var failuresInARow = 0
    private var isSending = false
    /// How far the receiver's clock is ahead of this machine's, in milliseconds.
    private var clockOffset: Int64 = 0
    /// On the steady clock, in milliseconds: when it was last told once more because its clock was another.
    private var lastCorrection: Int64?
    /// A receiver tells its time to the second, and its answer takes a while.
    private static let clockTolerance: Int64 = 5_000

    /// Attempts since the start that succeeded and that failed.
    package private(set) var delivered = 0
    package private(set) var failures = 0

    package init(settings: AlertSettings) {
        self.settings = settings
    }

    /// Whether the last attempt failed.
    package var isFailing: Bool { failuresInARow > 0 }
    /// Ended alerts that wait to be told.
    package var waiting: Int { resolved.count }

    /// Takes in which alerts hold now.
    package mutating func update(_ alerts: [Alert], at now: ClockReading) {
        let next = Dictionary(alerts.map { ($0.key, $0) }) { $1 }
        for (key, alert) in firing where next[key]?.startsAt != alert.startsAt {
            end(alert, at: now.wall, isReplaced: next[key] != nil)
        }
        firing = next
        // An end whose alert holds again is told by that.
        for key in next.keys { resolved[key] = nil }
    }

    private mutating func end(_ alert: Alert, at now: Timestamp, isReplaced: Bool) {
        told[alert.key] = nil
        // The same alert again is the same one to the receiver: it would take the end of the old for that of the new.
        guard !isReplaced else { return }
        resolved[alert.key] = AlertMessage(alert: alert, endsAt: max(now, alert.startsAt), isResolved: true)
    }

    /// What to send now; `nil` if there is nothing, it is too early, or an attempt is under way.
    ///
    /// What is given has to be followed by ``ended(_:succeeded:at:jitter:)``.
    package mutating func next(at now: ClockReading) -> [AlertMessage]? {
        guard !isSending, now.steadyMilliseconds >= nextAttempt else { return nil }
        let isNews = !resolved.isEmpty || firing.values.contains { told[$0.key] != $0.startsAt }
        let isStale =
            lastDelivery.map { now.steadyMilliseconds - $0 >= Int64(settings.resendInterval) * 1000 } ?? true
        guard isNews || isStale && !firing.isEmpty else { return nil }
        isSending = true
        let endsAt = now.wall + settings.endsAheadMilliseconds
        let lasting = firing.values.map { AlertMessage(alert: $0, endsAt: endsAt, isResolved: false) }
        return (Array(resolved.values) + lasting).sorted { $0.order < $1.order }.map { message in
            var message = message
            message.clockOffset = clockOffset
            return message
        }
    }

    /// Takes in what came of an attempt.
    ///
    /// A receiver whose clock turns out to be another is told once more by that: by its own clock it may have taken an
    /// alert that lasts for over, or one that is over for lasting. No more often than alerts are repeated: behind one
    /// address there may be several clocks.
    ///
    /// - Parameters:
    ///   - receiverTime: The receiver's time as it answered; `nil` if it did not say.
    ///   - jitter: From 0 to 1, drawn at random, so that many instances do not come back at the same instant.
    package mutating func ended(
        _ messages: [AlertMessage], succeeded: Bool, receiverTime: Timestamp? = nil, at now: ClockReading,
        jitter: Double
    ) {
        isSending = false
        guard succeeded else {
            failures += 1
            failuresInARow += 1
            nextAttempt = now.steadyMilliseconds + pause(jitter: jitter)
            return
        }
        delivered += 1
        failuresInARow = 0
        nextAttempt = now.steadyMilliseconds
        if adjustClock(to: receiverTime, at: now),
            lastCorrection.map({ now.steadyMilliseconds - $0 >= Int64(settings.resendInterval) * 1000 }) ?? true
        {
            lastCorrection = now.steadyMilliseconds
            lastDelivery = nil
            return
        }
        lastDelivery = now.steadyMilliseconds
        for message in messages {
            if message.isResolved {
                told[message.alert.key] = nil
                if resolved[message.alert.key]?.endsAt == message.endsAt { resolved[message.alert.key] = nil }
            } else {
                told[message.alert.key] = message.alert.startsAt
            }
        }
    }

    /// - Returns: Whether the receiver's clock is another than was thought.
    private mutating func adjustClock(to receiverTime: Timestamp?, at now: ClockReading) -> Bool {
        guard let receiverTime else { return false }
        let offset = receiverTime - now.wall
        guard abs(offset - clockOffset) > AlertDelivery.clockTolerance else { return false }
        clockOffset = abs(offset) > AlertDelivery.clockTolerance ? offset : 0
        return true
    }

    /// 1 s, 2 s, 4 s ... up to the longest pause, and of that the upper half at random.
    private func pause(jitter: Double) -> Int64 {
        let longest = Int64(settings.longestPauseSeconds) * 1000
        let doubled = failuresInARow < 16 ? Int64(1000) << (failuresInARow - 1) : longest
        return Int64(Double(min(doubled, longest)) * (0.5 + 0.5 * min(max(jitter, 0), 1)))
    }
}

extension AlertMessage {
    /// Ended alerts first, then by when they began.
    fileprivate var order: (Int, Timestamp, String) { (isResolved ? 0 : 1, alert.startsAt, alert.name.rawValue) }
}
