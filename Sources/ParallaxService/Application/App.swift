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
    let logger: Logger

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
        group.maximumGracefulShutdownDuration = shutdownDelay + .seconds(20)
        try await ServiceGroup(configuration: group).run()
    }
}
