import ParallaxCore

extension RedisURL {
    /// Reads `redis://[user][:password]@host:port/db`, `rediss://…` or `unix://[:password@]/path/to.sock?db=N`; of
    /// several servers `redis+sentinel://…@host:port,host:port/master-name/db` or
    /// `redis+cluster://…@host:port,host:port`.
    ///
    /// Credentials are percent-decoded, IPv6 hosts stand in brackets, the port is 6379 (a sentinel's 26379) and the
    /// database 0 if left out.
    ///
    /// - Throws: ``RedisURLError`` naming the part at fault, never the password.
    package init(_ text: String) throws(RedisURLError) {
        guard let separator = text.firstRange(of: "://") else { throw .noScheme }
        let scheme = text[..<separator.lowerBound].lowercased()
        let rest = text[separator.upperBound...]
        switch scheme {
        case "redis", "rediss": self = try RedisURL.tcp(rest, usesTLS: scheme == "rediss")
        case "unix", "redis+unix": self = try RedisURL.unixSocket(rest)
        case "redis+sentinel", "rediss+sentinel":
            self = try RedisURL.sentinel(rest, usesTLS: scheme.hasPrefix("rediss"))
        case "redis+cluster", "rediss+cluster": self = try RedisURL.cluster(rest, usesTLS: scheme.hasPrefix("rediss"))
        case _ where scheme.contains("sentinel"): throw .misspeltDeployment("redis+sentinel://host:26379/master-name/0")
        case _ where scheme.contains("cluster"): throw .misspeltDeployment("redis+cluster://host:6379")
        default: throw .wrongScheme(PercentEncoding.encode(String(scheme.prefix(20))))
        }
    }

    /// What stands between scheme and end: credentials, hosts, path without its first slash, query.
    struct Components {
        var credentials: (user: String?, password: String?)
        var address: Substring
        var path: Substring
        var query: Substring?
    }

    static func components(_ rest: Substring) throws(RedisURLError) -> Components {
        let (authorityAndPath, query) = split(rest, at: "?")
        let slash = authorityAndPath.firstIndex(of: "/") ?? authorityAndPath.endIndex
        // A bare "/" or "?" in a password would be read as the end of the host, and printed as a bad port.
        guard !authorityAndPath[slash...].contains("@"), query?.contains("@") != true else {
            throw .badEncoding(part: "user or password")
        }
        let (credentials, address) = try splitCredentials(authorityAndPath[..<slash])
        return Components(
            credentials: credentials, address: address, path: authorityAndPath[slash...].drop { $0 == "/" },
            query: query)
    }

    private static func tcp(_ rest: Substring, usesTLS: Bool) throws(RedisURLError) -> RedisURL {
        let components = try components(rest)
        guard !components.address.contains(",") else { throw .severalHosts }
        let node = try node(components.address)
        guard components.path.isEmpty || components.query == nil else { throw .databaseTwice }
        let database =
            if let query = components.query { try database(query: query) } else { try database(components.path) }
        return RedisURL(
            endpoint: .tcp(host: node.host, port: node.port), usesTLS: usesTLS, user: components.credentials.user,
            password: components.credentials.password, database: database)
    }

    private static func unixSocket(_ rest: Substring) throws(RedisURLError) -> RedisURL {
        let (authorityAndPath, query) = split(rest, at: "?")
        guard let slash = authorityAndPath.firstIndex(of: "/") else { throw .relativeSocketPath }
        // As above: what stands before it may be the rest of a password.
        guard !authorityAndPath[slash...].contains("@"), query?.contains("@") != true else {
            throw .badEncoding(part: "user, password or socket path")
        }
        let (credentials, host) = try splitCredentials(authorityAndPath[..<slash])
        guard host.isEmpty else { throw .relativeSocketPath }
        let path = try decode(authorityAndPath[slash...], part: "socket path")
        guard path.utf8.count < maximumSocketPathBytes else { throw .socketPathTooLong(bytes: path.utf8.count) }
        let database = if let query { try database(query: query) } else { 0 }
        return RedisURL(
            endpoint: .unixSocket(path: path), user: credentials.user, password: credentials.password,
            database: database)
    }

    /// The size of `sun_path` on Linux, its closing zero included.
    static let maximumSocketPathBytes = 108

    private static func splitCredentials(
        _ authority: Substring
    ) throws(RedisURLError) -> (credentials: (user: String?, password: String?), address: Substring) {
        guard let at = authority.lastIndex(of: "@") else { return ((nil, nil), authority) }
        let (user, password) = split(authority[..<at], at: ":")
        let credentials = (
            user: user.isEmpty ? nil : try decode(user, part: "user"),
            password: try password.map { (text) throws(RedisURLError) in try decode(text, part: "password") }
        )
        return (
            (credentials.user, credentials.password?.isEmpty == true ? nil : credentials.password),
            authority[authority.index(after: at)...]
        )
    }

    static func node(_ address: Substring, defaultPort: Int = 6379) throws(RedisURLError) -> NodeAddress {
        guard address.first == "[" else {
            let (host, port) = split(address, at: ":")
            if port?.contains(":") == true { throw .bareIPv6 }
            let decoded = try decode(host, part: "host")
            guard NodeAddress.isHost(decoded), !decoded.contains("%"), !decoded.contains(":") else { throw .badHost }
            return NodeAddress(
                host: decoded.isEmpty ? "localhost" : decoded, port: try port.map(number(ofPort:)) ?? defaultPort)
        }
        guard let close = address.firstIndex(of: "]") else { throw .bareIPv6 }
        let host = String(address[address.index(after: address.startIndex)..<close])
        let after = address[address.index(after: close)...]
        guard after.isEmpty || after.first == ":", host.contains(":") else { throw .bareIPv6 }
        guard NodeAddress.isHost(host) else { throw .badHost }
        return NodeAddress(host: host, port: after.isEmpty ? defaultPort : try number(ofPort: after.dropFirst()))
    }

    private static func number(ofPort text: Substring) throws(RedisURLError) -> Int {
        guard let port = Int(text), (1...65535).contains(port) else { throw .badPort(shortened(text)) }
        return port
    }

    static func database(_ text: Substring) throws(RedisURLError) -> Int {
        if text.isEmpty { return 0 }
        guard let number = Int(text), number >= 0 else { throw .badDatabase(shortened(text)) }
        return number
    }

    static func database(query: Substring) throws(RedisURLError) -> Int {
        let (name, value) = split(query, at: "=")
        guard name == "db", let value, !value.isEmpty, !value.contains("&") else {
            throw .unknownParameter(shortened(name))
        }
        return try database(value)
    }

    static func split(_ text: Substring, at separator: Character) -> (Substring, Substring?) {
        guard let index = text.firstIndex(of: separator) else { return (text, nil) }
        return (text[..<index], text[text.index(after: index)...])
    }

    static func decode(_ text: Substring, part: String) throws(RedisURLError) -> String {
        guard let decoded = PercentEncoding.decode(text.utf8) else { throw .badEncoding(part: part) }
        return decoded
    }

    /// A short piece of the text that is safe to print.
    static func shortened(_ text: Substring) -> String {
        PercentEncoding.encode(String(text.prefix(20)))
    }
}

extension RedisURL {
    /// Reads what follows `redis+sentinel://`: credentials of the data, sentinels, name of the primary, database.
    static func sentinel(_ rest: Substring, usesTLS: Bool) throws(RedisURLError) -> RedisURL {
        let components = try components(rest)
        let nodes = try nodes(components.address, defaultPort: 26379)
        let (name, number) = split(components.path, at: "/")
        let masterName = try decode(name, part: "master name")
        guard !masterName.isEmpty else { throw .noMasterName }
        var login = SentinelLogin(usesTLS: usesTLS)
        try login.read(components.query)
        return RedisURL(
            deployment: .sentinel(
                Sentinels(
                    nodes: nodes, masterName: masterName, usesTLS: login.usesTLS, user: login.user,
                    password: login.password)),
            usesTLS: usesTLS, user: components.credentials.user, password: components.credentials.password,
            database: try database(number ?? ""))
    }

    /// Reads what follows `redis+cluster://`: credentials and the nodes to begin with.
    static func cluster(_ rest: Substring, usesTLS: Bool) throws(RedisURLError) -> RedisURL {
        let components = try components(rest)
        let nodes = try nodes(components.address, defaultPort: 6379)
        guard components.path.isEmpty || components.query == nil else { throw .databaseTwice }
        let database =
            if let query = components.query { try database(query: query) } else { try database(components.path) }
        guard database == 0 else { throw .databaseInCluster(database) }
        return RedisURL(
            deployment: .cluster(seeds: nodes), usesTLS: usesTLS, user: components.credentials.user,
            password: components.credentials.password)
    }

    private static func nodes(_ list: Substring, defaultPort: Int) throws(RedisURLError) -> [NodeAddress] {
        var nodes: [NodeAddress] = []
        for address in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard !address.isEmpty else { throw .emptyHost }
            let node = try node(address, defaultPort: defaultPort)
            if !nodes.contains(node) { nodes.append(node) }
        }
        return nodes
    }
}

extension RedisURL {
    /// How the sentinels of an address are reached, as its query says.
    private struct SentinelLogin {
        var usesTLS: Bool
        var user: String?
        var password: String?
        private var seen: Set<Substring> = []

        /// - Parameter usesTLS: Whether connections to the data are encrypted; those to sentinels are too, unless told
        ///   otherwise.
        init(usesTLS: Bool) {
            self.usesTLS = usesTLS
        }

        mutating func read(_ query: Substring?) throws(RedisURLError) {
            guard let query else { return }
            for parameter in query.split(separator: "&", omittingEmptySubsequences: false) {
                let (name, value) = RedisURL.split(parameter, at: "=")
                guard let value else { throw .unknownParameter("without a value") }
                try set(name, to: value)
            }
        }

        private mutating func set(_ name: Substring, to value: Substring) throws(RedisURLError) {
            switch name {
            case "sentinel_user": user = try RedisURL.decode(value, part: "sentinel_user")
            case "sentinel_password": password = try RedisURL.decode(value, part: "sentinel_password")
            case "sentinel_tls" where value == "true": usesTLS = true
            case "sentinel_tls" where value == "false": usesTLS = false
            case "sentinel_tls": throw .badSentinelParameter("sentinel_tls")
            default: throw .unknownParameter(RedisURL.shortened(name))
            }
            guard !value.isEmpty, seen.insert(name).inserted else { throw .badSentinelParameter(String(name)) }
        }
    }
}
