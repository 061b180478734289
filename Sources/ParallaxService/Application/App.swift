import DivergenceStore
import Logging
package import ParallaxCore
import ServiceLifecycle
import UnixSignals

/// The service, wired and ready to run: every part in the order in which it starts.
///
/// Parts shut down in the reverse order: readiness first, after a delay the door, the recorder once nothing is left to record, Redis last.
package struct App: Sendable {
    /// What a caller of the command may want to know once the door is open.
    package struct Greeting: Sendable {
        /// Where the door listens, such as `http://127.0.0.1:8080`.
        package let url: String
        package let strategy: Strategy
        /// Where Redis is, without its password.
        package let redis: String
        package let instance: String
    }

    let services: [any Service]
    /// How long requests are still answered after the service was asked to end.
    let shutdownDelay: Duration
    let keeper: StoreKeeper
    let logger: Logger

    /// How long all parts have to end after the delay, together. What takes longer is cancelled.
    private static let patience: Duration = .seconds(12)
    /// How much of that everything that is written to the database waits for locks, together.
    static let lockPatience: Duration = .seconds(7)
    /// How long requests under way have to be answered, and clients to take their answers and close.
    static let requestPatience: Duration = .seconds(4)
    /// How long a disk that does not answer is waited for when the database is closed, after all that.
    private static let closingPatience: Duration = .seconds(1)

    /// Runs until SIGTERM or SIGINT, or until a part fails; what was recorded is written before it returns.
    package func run() async throws {
        // Whichever part ends first and however, the others end in order: what was recorded must be written.
        let configurations = services.map {
            ServiceGroupConfiguration.ServiceConfiguration(
                service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                failureTerminationBehavior: .gracefullyShutdownGroup)
        }
        var group = ServiceGroupConfiguration(
            services: configurations, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = shutdownDelay + Self.patience
        // Also parts that were cancelled write until they have ended: only then the database is closed.
        defer { keeper.end(within: Self.closingPatience) }
        try await ServiceGroup(configuration: group).run()
    }
}
