import ParallaxCore

/// Where Redis is and how to log in, as one line of configuration: one server, or several that belong together.
///
/// Printing it never shows a password.
package struct RedisURL: Equatable, Sendable {
    package enum Endpoint: Equatable, Sendable {
        case tcp(host: String, port: Int)
        case unixSocket(path: String)
    }

    /// The server of a newcomer: this machine, Redis's port, database 0.
    package static let local = RedisURL(endpoint: .tcp(host: "localhost", port: 6379))

    /// The server; of several the first that is asked.
    package let endpoint: Endpoint
    package let deployment: Deployment
    /// Whether the connection is encrypted (`rediss`); never so on a Unix socket.
    package let usesTLS: Bool
    /// The user of Redis's access lists; `nil` for the default user.
    package let user: String?
    /// The number of the database, 0 or more.
    package let database: Int
    /// Kept out of every description. Addresses of the servers of one deployment share it, so that a new password of a file
    /// reaches all of their next connections.
    let secret: Replaceable<String>?

    var password: String? { secret?.current }

    package init(
        endpoint: Endpoint, usesTLS: Bool = false, user: String? = nil, password: String? = nil, database: Int = 0
    ) {
        self.init(
            endpoint: endpoint, usesTLS: usesTLS, user: user, secret: password.map(Replaceable.init),
            database: database, deployment: .server)
    }

    init(
        endpoint: Endpoint, usesTLS: Bool, user: String?, secret: Replaceable<String>?, database: Int,
        deployment: Deployment
    ) {
        self.endpoint = endpoint
        self.deployment = deployment
        self.usesTLS = usesTLS
        self.user = user
        self.secret = secret
        self.database = database
    }
}

extension RedisURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The address in the form it is read in, user and password replaced by asterisks.
    package var description: String {
        let credentials = password == nil && user == nil ? "" : "***@"
        if let description = description(withCredentials: credentials) { return description }
        switch endpoint {
        case .tcp(let host, let port):
            let host = host.contains(":") ? "[\(host)]" : host
            return "\(usesTLS ? "rediss" : "redis")://\(credentials)\(host):\(port)/\(database)"
        case .unixSocket(let path):
            let path = path.split(separator: "/", omittingEmptySubsequences: false).map { Self.shown(String($0)) }
            return "unix://\(credentials)\(path.joined(separator: "/"))?db=\(database)"
        }
    }

    package var debugDescription: String { description }

    /// Hides the stored properties from `dump` and from string interpolation of containers.
    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }

    /// A part of the address as it may appear in a log line.
    private static func shown(_ text: String) -> String {
        PercentEncoding.encode(text)
    }
}
