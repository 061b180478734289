package import RedisLimiting

extension RedisURL {
    /// What is wrong with an address, without quoting any of it; `nil` if it is valid.
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
        case .noScheme, .wrongScheme:
            "does not begin with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://"
        case .misspeltDeployment(let form): "asks for Sentinel or Cluster in another form than \(form)"
        case .severalHosts: "names several hosts, but begins neither with redis+sentinel:// nor with redis+cluster://"
        case .emptyHost: "has an empty entry in its list of hosts"
        case .badHost: "has a host that is neither a name nor an address"
        case .noMasterName:
            "does not say what the sentinels call the primary: redis+sentinel://host:26379/master-name/0"
        case .databaseInCluster: "names a database other than 0, and a cluster has only that one"
        case .badSentinelParameter(let name): "has a parameter \(name) that is given twice or has an invalid value"
        case .bareIPv6: "has a host that cannot be told from its port; put an IPv6 address in brackets"
        case .badPort: "has a port that is not a number from 1 to 65535"
        case .badDatabase: "has a database that is not a number from 0"
        case .databaseTwice: "names a database in its path and has a query too"
        case .unknownParameter: "has an unknown parameter"
        case .badEncoding(let part): "has a \(part) that is not percent-encoded UTF-8"
        case .relativeSocketPath: "has no absolute path after unix://"
        case .socketPathTooLong: "has a socket path that is longer than the system allows"
        }
    }
}
