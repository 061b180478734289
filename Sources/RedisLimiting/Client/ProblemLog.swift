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
