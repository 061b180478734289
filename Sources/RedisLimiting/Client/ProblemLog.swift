package import Logging
import NIOCore
import Synchronization

/// Logs a problem that may last for hours in a bounded number of lines.
package final class ProblemLog: Sendable {
    private let problem = Mutex(RepeatedProblem<Reason>())
    private let logger: Logger
    private let message: Logger.Message
    private let endMessage: Logger.Message

    /// What makes two errors the same. The cause may hold a number that is always another.
    private struct Reason: Equatable, Sendable {
        let code: RedisError.Code
        let message: String
        let causeWord: Substring?

        init(_ error: RedisError) {
            code = error.code
            message = error.message
            causeWord = error.cause?.prefix { $0 != " " }
        }
    }

    /// Makes a log of one problem.
    ///
    /// - Parameters:
    ///   - message: Says what is wrong, as a warning.
    ///   - endMessage: Says that it is over, as a notice.
    package init(_ message: Logger.Message, end endMessage: Logger.Message, logger: Logger) {
        self.message = message
        self.endMessage = endMessage
        self.logger = logger
    }

    /// Notes an occurrence.
    package func occurred(_ error: RedisError, metadata: @autoclosure () -> Logger.Metadata = [:]) {
        guard case .say(let unsaid) = problem.withLock({ $0.occurred(Reason(error), now: .now()) }) else { return }
        var metadata = metadata()
        metadata["error"] = "\(error)"
        if unsaid > 0 { metadata["times_since_last_line"] = "\(unsaid)" }
        logger.warning(message, metadata: metadata)
    }

    /// Notes that the problem is over; does nothing if there is none.
    package func ended(metadata: @autoclosure () -> Logger.Metadata = [:]) {
        guard case .say(let occurrences) = problem.withLock({ $0.ended() }) else { return }
        var metadata = metadata()
        metadata["after_failures"] = "\(occurrences)"
        logger.notice(endMessage, metadata: metadata)
    }
}

/// Which occurrences of a problem are worth a log line. A value; its driver is ``ProblemLog``.
///
/// A reason is said once. Further occurrences are counted and said now and then, and so is the end. A problem that ends
/// and comes back within that time is the same problem.
struct RepeatedProblem<Reason: Equatable & Sendable>: Sendable {
    private enum State: Sendable {
        /// Nothing is wrong. Can transition to: lasting.
        case none
        /// The problem is there. Can transition to: over.
        case lasting(Episode)
        /// The problem has ended and may come back. Can transition to: lasting.
        case over(Episode)
    }

    private struct Episode: Sendable {
        /// Reasons that have a line of their own.
        var said: [Reason]
        /// Occurrences since the last line.
        var unsaid = 0
        /// Occurrences since the problem began.
        var total = 1
        var interval = RepeatedProblem.firstInterval
        var nextLine: NIODeadline
        /// Whether a reader of the log takes the problem for lasting.
        var isOpenInLog = true
    }

    enum Action: Equatable, Sendable {
        case none
        /// Say the reason, and how often the problem has occurred since the last line without one.
        case say(unsaid: Int)
    }

    enum EndAction: Equatable, Sendable {
        case none
        /// Say that it is over, after so many occurrences.
        case say(occurrences: Int)
    }

    private static var firstInterval: TimeAmount { .seconds(10) }
    private static var longestInterval: TimeAmount { .seconds(60) }
    /// Reasons of one problem that get a line at once; with more of them it is the reasons that repeat.
    private static var maximumReasons: Int { 8 }

    private var state = State.none

    /// Notes an occurrence.
    mutating func occurred(_ reason: Reason, now: NIODeadline) -> Action {
        var episode: Episode
        switch state {
        case .lasting(let lasting): episode = lasting
        case .over(let past) where now < past.nextLine: episode = past
        case .none, .over:
            state = .lasting(Episode(said: [reason], nextLine: now + RepeatedProblem.firstInterval))
            return .say(unsaid: 0)
        }
        episode.total += 1
        let isNew = !episode.said.contains(reason) && episode.said.count < RepeatedProblem.maximumReasons
        guard isNew || now >= episode.nextLine else {
            episode.unsaid += 1
            state = .lasting(episode)
            return .none
        }
        if isNew { episode.said.append(reason) }
        let unsaid = episode.unsaid
        episode.unsaid = 0
        episode.isOpenInLog = true
        episode.interval = min(episode.interval * 2, RepeatedProblem.longestInterval)
        episode.nextLine = now + episode.interval
        state = .lasting(episode)
        return .say(unsaid: unsaid)
    }

    /// Notes that the problem is over.
    mutating func ended() -> EndAction {
        guard case .lasting(var episode) = state else { return .none }
        let occurrences = episode.total
        let isOpenInLog = episode.isOpenInLog
        if isOpenInLog {
            episode.isOpenInLog = false
            episode.total = 0
            episode.unsaid = 0
        }
        state = .over(episode)
        return isOpenInLog ? .say(occurrences: occurrences) : .none
    }
}
