package import RedisLimiting

extension RedisURL {
    /// What is wrong with an address, in words that quote nothing of it; `nil` where nothing is.
    ///
    /// An address without its `@` makes a password look like a port: so not even the part at fault is shown.
    package static func problem(of text: String) -> String? {
        do throws(RedisURLError) {
            _ = try RedisURL(text)
            return nil
        } catch {
            return describe(error)
        }
    }

    private static func describe(_ error: RedisURLError) -> String {
        switch error {
        case .noScheme, .wrongScheme: "does not begin with redis://, rediss:// or unix://"
        case .unsupportedTopology: "asks for Sentinel, Cluster or several hosts, which are not supported"
        case .bareIPv6: "has a host that cannot be told from its port; an IPv6 address wants brackets"
        case .badPort: "has a port that is no number from 1 to 65535"
        case .badDatabase: "has a database that is no number from 0"
        case .databaseTwice: "names a database in its path and has a query too"
        case .unknownParameter: "has a parameter other than db"
        case .badEncoding(let part): "has a \(part) that is not percent-encoded UTF-8"
        case .relativeSocketPath: "has no absolute path after unix://"
        case .socketPathTooLong: "has a socket path that is longer than the system allows"
        }
    }
}
