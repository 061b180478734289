import Logging
import Synchronization

/// Keeps the messages of log lines for a test to look at.
final class LoggedMessages: Sendable {
    private let kept = Mutex<[(level: Logger.Level, message: String, metadata: String)]>([])

    /// The messages of one level, in order.
    func messages(_ level: Logger.Level) -> [String] {
        kept.withLock { $0.filter { $0.level == level }.map(\.message) }
    }

    /// All that was logged, metadata included.
    var text: String { kept.withLock { $0.map { $0.message + " " + $0.metadata }.joined(separator: "\n") } }

    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: LoggedMessages
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.kept.withLock { $0.append((event.level, "\(event.message)", "\(event.metadata ?? [:])")) }
        }
    }
}
