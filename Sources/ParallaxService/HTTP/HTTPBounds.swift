package import Settings
package import Hummingbird
package import HummingbirdCore
import NIOCore

/// What bounds the service's connections.
package struct ConnectionBounds: Sendable {
    package let connections: ConnectionTable
    let rules: RequestHeadRules
    package var timeouts = ConnectionTimeouts()

    /// - Parameters:
    ///   - maximum: The most connections at once.
    ///   - hosts: The names by which the service may be called.
    package init(maximum: Int = 1_000, hosts: AllowedHosts = AllowedHosts()) {
        connections = ConnectionTable(maximum: maximum)
        rules = RequestHeadRules(hosts: hosts)
    }
}

extension HTTPServerBuilder {
    /// HTTP/1.1 within bounds of size, number and time.
    package static func bounded(_ bounds: ConnectionBounds, metrics: HTTPMetrics) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            ServiceChannel(
                responder: responder, connections: bounds.connections, rules: bounds.rules, timeouts: bounds.timeouts,
                metrics: metrics)
        }
    }
}

extension ApplicationConfiguration {
    /// Where the service listens.
    ///
    /// - Parameter maximumConnections: The most connections that are served. A few more are accepted, so that a new one
    ///   can take the place of an idle one that is being closed; beyond them new ones wait in the kernel's queue.
    package init(_ settings: Settings.HTTP, maximumConnections: Int) {
        self.init(
            address: .hostname(settings.host, port: settings.port), serverName: "parallax", backlog: 1024,
            availableConnectionsDelegate: MaximumAvailableConnections(
                maximumConnections + OpenFiles.connectionsBeingClosed))
    }
}
