/// Why a line of text is no address of a Redis server. No message holds a password.
package enum RedisURLError: Error, Equatable, CustomStringConvertible {
    case noScheme
    case wrongScheme(String)
    case unsupportedTopology(String)
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
        // Neither scheme nor port is quoted: where a part is left out, a password can stand in its place.
        case .wrongScheme:
            "the Redis URL begins with another scheme; use redis://, rediss:// (TLS) or unix:// (Unix socket)"
        case .unsupportedTopology(let topology):
            "the Redis URL asks for \(topology), which is not supported; give the address of one primary: redis://host:6379/0"
        case .bareIPv6:
            "the host of the Redis URL cannot be told from its port; put an IPv6 address in brackets: redis://[::1]:6379/0"
        case .badPort:
            "the port of the Redis URL is no number from 1 to 65535; write redis://user:password@host:6379/0"
        case .badDatabase(let text):
            "the database of the Redis URL is \"\(text)\"; it must be a number, 0 or more, as in redis://host:6379/0"
        case .databaseTwice:
            "the Redis URL names a database in its path and has a query too; use one: redis://host:6379/0"
        case .unknownParameter(let name):
            "the Redis URL has an unknown parameter \"\(name)\"; only db is known: unix:///path/redis.sock?db=0"
        case .badEncoding(let part):
            "the \(part) of the Redis URL is not percent-encoded UTF-8; write reserved characters as %XX, \"%\" as %25"
        case .relativeSocketPath:
            "the Redis URL must give an absolute path after unix://, with three slashes: unix:///path/redis.sock"
        case .socketPathTooLong(let bytes):
            "the socket path of the Redis URL has \(bytes) bytes; the system allows at most \(RedisURL.maximumSocketPathBytes - 1)"
        }
    }
}
