extension RedisURL {
    /// Reads what follows `redis+sentinel://`: credentials of the data, sentinels, name of the primary, database.
    static func sentinel(_ rest: Substring, usesTLS: Bool) throws(RedisURLError) -> RedisURL {
        let parts = try parts(rest)
        let nodes = try nodes(parts.address, defaultPort: 26379)
        let (name, number) = split(parts.path, at: "/")
        let masterName = try decode(name, part: "master name")
        guard !masterName.isEmpty else { throw .noMasterName }
        var login = SentinelLogin(usesTLS: usesTLS)
        try login.read(parts.query)
        return RedisURL(
            deployment: .sentinel(
                Sentinels(
                    nodes: nodes, masterName: masterName, usesTLS: login.usesTLS, user: login.user,
                    password: login.password)),
            usesTLS: usesTLS, user: parts.credentials.user, password: parts.credentials.password,
            database: try database(number ?? ""))
    }

    /// Reads what follows `redis+cluster://`: credentials and the nodes to begin with.
    static func cluster(_ rest: Substring, usesTLS: Bool) throws(RedisURLError) -> RedisURL {
        let parts = try parts(rest)
        let nodes = try nodes(parts.address, defaultPort: 6379)
        guard parts.path.isEmpty || parts.query == nil else { throw .databaseTwice }
        let database = if let query = parts.query { try database(query: query) } else { try database(parts.path) }
        guard database == 0 else { throw .databaseInCluster(database) }
        return RedisURL(
            deployment: .cluster(seeds: nodes), usesTLS: usesTLS, user: parts.credentials.user,
            password: parts.credentials.password)
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

/// How the sentinels of an address are reached, as its query says.
private struct SentinelLogin {
    var usesTLS: Bool
    var user: String?
    var password: String?
    private var seen: Set<Substring> = []

    /// - Parameter usesTLS: Whether connections to the data are encrypted; those to sentinels are too, unless told otherwise.
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
