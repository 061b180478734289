package import Logging
package import ParallaxCore

/// Something about the flags that is worth a line in the log.
package enum FlagEvent: Equatable, Sendable {
    /// The file has other content, and these flags hold in consequence.
    case changed(FlagChange, effective: FlagValues)
    /// The file is invalid now; the last good flags stay.
    case failed(FlagProblem)
    /// The file is good again.
    case recovered
    /// A rollback could not be written; only this instance is held at `legacy`.
    case heldAtLegacy(FlagFileError)
    /// A rollback of an earlier process that is not in the file holds this instance at `legacy` again.
    case holdResumed(sentence: String)
    /// The file cannot be written, or can be again.
    case writing(FlagFileError?)
    /// A change could not be kept in the history; it is tried again.
    case historyFailed(String)
}

extension FlagEvent {
    package func log(to logger: Logger) {
        switch self {
        case .changed(let change, let effective):
            logger.notice(
                "flags changed",
                metadata: [
                    "by": "\(change.by)", "reason": "\(change.reason)",
                    "from": "\(change.from?.strategy.rawValue ?? "nothing")", "to": "\(change.to.strategy.rawValue)",
                    "strategy": "\(effective.strategy.rawValue)",
                    "enforcementPercent": "\(effective.enforcementPercent)",
                    "contentHash": "\(change.contentHash)",
                ])
        case .failed(let problem):
            logger.error(
                "\(problem.message); the last good flags stay, or those of the environment if there are none",
                metadata: ["kind": "\(problem.kind.rawValue)"])
        case .recovered:
            logger.notice("the flag file is valid again")
        case .heldAtLegacy(let error):
            logger.critical("rolled back in this instance only; retrying: \(error)")
        case .holdResumed(let sentence):
            logger.critical(
                """
                held at legacy since the start: an earlier rollback is not in the flag file and was not acknowledged; see \
                'parallax rollback history'
                """, metadata: ["sentence": "\(sentence)"])
        case .writing(let error?):
            logger.error("a rollback could not reach the flag file and would hold this instance only: \(error)")
        case .writing(nil):
            logger.notice("the flag file can be written again")
        case .historyFailed(let message):
            logger.error("a change of the flags could not be kept in the history; it is tried again: \(message)")
        }
    }
}
