/// Why a line of text is not an address of Redis. No message holds a password.
package enum RedisURLError: Error, Equatable, CustomStringConvertible {
    case noScheme
    case wrongScheme(String)
    /// A scheme that means Sentinel or Cluster and is written otherwise; holds how it is written here.
    case misspeltDeployment(String)
    case severalHosts
    case emptyHost
    case badHost
    case noMasterName
    case databaseInCluster(Int)
    case badSentinelParameter(String)
    case bareIPv6
    case badPort(String)
    case badDatabase(String)
    case databaseTwice
    case unknownParameter(String)
    case badEncoding(part: String)
    case relativeSocketPath
    case socketPathTooLong(bytes: Int)

    package var description: String {
        switch self {
        case .noScheme:
            "the Redis URL names no scheme; write it as redis://host:6379/0, rediss://host:6379/0 or unix:///path/redis.sock"
        // Neither scheme nor port is quoted: if a part is missing, a password can be read as one of them.
        case .wrongScheme:
            "the Redis URL begins with another scheme; use redis://, rediss:// (TLS), unix:// (Unix socket), redis+sentinel:// or redis+cluster://"
        case .misspeltDeployment(let form):
            "the Redis URL asks for Sentinel or Cluster with an unknown scheme; write it as \(form)"
        case .severalHosts:
            "the Redis URL names several hosts; begin it with redis+sentinel:// or redis+cluster://, or name one"
        case .emptyHost:
            "the Redis URL has an empty entry in its list of hosts; write redis+cluster://host:6379,host:6379"
        case .badHost:
            "the host of the Redis URL is neither a name nor an address; write redis://user:password@host:6379/0, and an IPv6 address in brackets"
        case .noMasterName:
            "the Redis URL does not say what the sentinels call the primary; write redis+sentinel://host:26379/master-name/0"
        case .databaseInCluster(let number):
            "the Redis URL asks for database \(number) of a cluster, which has only database 0; leave the number out"
        case .badSentinelParameter(let name):
            "the parameter \(name) of the Redis URL is given twice, or its value is invalid; sentinel_tls is true or false"
        case .bareIPv6:
            "the host of the Redis URL cannot be told from its port; put an IPv6 address in brackets: redis://[::1]:6379/0"
        case .badPort:
            "the port of the Redis URL is not a number from 1 to 65535; write redis://user:password@host:6379/0"
        case .badDatabase(let text):
            "the database of the Redis URL is \"\(text)\"; it must be a number, 0 or more, as in redis://host:6379/0"
        case .databaseTwice:
            "the Redis URL names a database in its path and has a query too; use one: redis://host:6379/0"
        case .unknownParameter(let name):
            "the Redis URL has an unknown parameter \"\(name)\"; known are db, as in unix:///path/redis.sock?db=0, and with redis+sentinel:// sentinel_user, sentinel_password and sentinel_tls"
        case .badEncoding(let part):
            "the \(part) of the Redis URL is not percent-encoded UTF-8; write reserved characters as %XX, \"%\" as %25"
        case .relativeSocketPath:
            "the Redis URL must give an absolute path after unix://, with three slashes: unix:///path/redis.sock"
        case .socketPathTooLong(let bytes):
            "the socket path of the Redis URL has \(bytes) bytes; the system allows at most \(RedisURL.maximumSocketPathBytes - 1)"
        }
    }
}
