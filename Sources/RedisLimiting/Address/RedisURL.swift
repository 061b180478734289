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

extension RedisURL {
    /// How many servers stand behind an address, and how the one to ask is found among them.
    package enum Deployment: Equatable, Sendable {
        /// The one server of the address.
        case server
        /// A primary with replicas, under sentinels that name the primary.
        case sentinel(Sentinels)
        /// A cluster, of which these nodes are asked for the others.
        case cluster(seeds: [NodeAddress])
    }

    /// The sentinels of an address, and what they call the primary.
    package struct Sentinels: Equatable, Sendable {
        package let nodes: [NodeAddress]
        package let masterName: String
        package let usesTLS: Bool
        package let user: String?
        /// Kept out of every description.
        let password: String?

        package init(
            nodes: [NodeAddress], masterName: String, usesTLS: Bool = false, user: String? = nil,
            password: String? = nil
        ) {
            precondition(!nodes.isEmpty, "an address names at least one sentinel")
            self.nodes = nodes
            self.masterName = masterName
            self.usesTLS = usesTLS
            self.user = user
            self.password = password
        }
    }

    /// The address of a deployment of several servers.
    package init(
        deployment: Deployment, usesTLS: Bool = false, user: String? = nil, password: String? = nil, database: Int = 0
    ) {
        let first: NodeAddress? =
            switch deployment {
            case .server: nil
            case .sentinel(let sentinels): sentinels.nodes.first
            case .cluster(let seeds): seeds.first
            }
        guard let first else { preconditionFailure("a deployment of several servers needs the address of one") }
        self.init(
            endpoint: .tcp(host: first.host, port: first.port), usesTLS: usesTLS, user: user,
            secret: password.map(Replaceable.init), database: database, deployment: deployment)
    }

    /// One server that holds data, to be reached with the credentials of this address.
    func server(at node: NodeAddress) -> RedisURL {
        RedisURL(
            endpoint: .tcp(host: node.host, port: node.port), usesTLS: usesTLS, user: user, secret: secret,
            database: database, deployment: .server)
    }
}

extension RedisURL.Sentinels {
    /// One of the sentinels, to be reached with the credentials for sentinels.
    func url(of node: NodeAddress) -> RedisURL {
        RedisURL(endpoint: .tcp(host: node.host, port: node.port), usesTLS: usesTLS, user: user, password: password)
    }

    /// What follows the question mark of an address, the password replaced by asterisks; empty if nothing is needed.
    fileprivate func query(usesTLS dataUsesTLS: Bool) -> String {
        var parameters: [String] = []
        if user != nil { parameters.append("sentinel_user=***") }
        if password != nil { parameters.append("sentinel_password=***") }
        if usesTLS != dataUsesTLS { parameters.append("sentinel_tls=\(usesTLS)") }
        return parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&")
    }
}

extension RedisURL.Sentinels: CustomStringConvertible, CustomReflectable {
    package var description: String {
        "\(PercentEncoding.encode(masterName)) at \(nodes.map(\.description).joined(separator: ","))"
    }

    package var customMirror: Mirror { Mirror(self, children: ["sentinels": description]) }
}

extension RedisURL {
    /// The address of several servers in the form it is read in; `nil` for one server.
    func description(withCredentials credentials: String) -> String? {
        let scheme = usesTLS ? "rediss" : "redis"
        switch deployment {
        case .server:
            return nil
        case .sentinel(let sentinels):
            let hosts = sentinels.nodes.map(\.description).joined(separator: ",")
            let name = PercentEncoding.encode(sentinels.masterName)
            return "\(scheme)+sentinel://\(credentials)\(hosts)/\(name)/\(database)"
                + sentinels.query(usesTLS: usesTLS)
        case .cluster(let seeds):
            return "\(scheme)+cluster://\(credentials)\(seeds.map(\.description).joined(separator: ","))"
        }
    }
}
