package import Logging
package import ParallaxCore
import ServiceLifecycle
import Synchronization

/// Reads the flag file several times a second until the service ends.
///
/// Reading by content sees what notifications and modification times do not: files swapped as symbolic links, restored
/// with their old times, or written over a network.
package struct FlagWatcher: Service {
    private let store: FlagStore
    private let interval: Duration
    private let clock: any Clock<Duration>

    /// - Parameters:
    ///   - interval: The pause between two readings.
    ///   - logger: Gets every change and problem.
    package init(
        store: FlagStore, interval: Duration = .milliseconds(200), clock: any Clock<Duration> = ContinuousClock(),
        logger: Logger
    ) {
        self.store = store
        self.interval = interval
        self.clock = clock
        store.observe { $0.log(to: logger) }
        // Found at the start, when there was no one to tell.
        if let problem = store.problem { FlagEvent.failed(problem).log(to: logger) }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await clock.repeating(pausing: interval) { await store.refresh() }
        }
        await store.end()
    }
}

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

/// The observers of a flag store's events.
final class FlagObservers: Sendable {
    private let observers = Mutex<[@Sendable (FlagEvent) -> Void]>([])

    func add(_ observer: @escaping @Sendable (FlagEvent) -> Void) {
        observers.withLock { $0.append(observer) }
    }

    func tell(_ event: FlagEvent) {
        for observer in observers.withLock({ $0 }) { observer(event) }
    }
}

/// Why a reading was invalid.
package struct FlagProblem: Equatable, Sendable {
    /// The raw values are shown: they never change.
    package enum Kind: String, Sendable {
        case missing
        case unreadable
        case invalid
    }

    package let kind: Kind
    /// What is wrong and what to do, naming the file.
    package let message: String

    package init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }
}
