package import ParallaxCore

/// Why Redis gave no usable answer.
package struct RedisError: Error, Equatable, Sendable {
    package enum Code: String, Sendable {
        /// No answer within the caller's deadline or the socket time-out.
        case timedOut
        /// The connection could not be made, or broke.
        case disconnected
        /// The circuit breaker is open; Redis was not asked.
        case circuitOpen
        /// Too many commands waited already; Redis was not asked.
        case skipped
        /// The caller gave up.
        case cancelled
        /// Redis is loading its data, or a replica has lost its primary.
        case loading
        /// Redis refuses writes.
        case readOnly
        /// The cluster does not serve the key's slot.
        case clusterDown
        /// Redis refused the credentials or the right to run a command.
        case unauthorized
        /// Redis does not hold the script.
        case noScript
        /// Redis answered with another error.
        case server
        /// The bytes received are not valid RESP2, or an answer no one asked for.
        case protocolViolation
        /// A setting is at fault, such as a file of certificates that cannot be read.
        case configuration
    }

    package let code: Code
    /// What went wrong and what to do, without secrets, identities or control characters.
    package let message: String
    /// What the layer below said.
    package let cause: String?
    /// Where the server says that the command belongs instead; it did not carry it out.
    package let redirection: Redirection?
    /// Whether another server may have taken over the part of the one that answered, and its address may lead there by
    /// now.
    package let isFromSupersededServer: Bool

    package init(
        _ code: Code, _ message: String, cause: String? = nil, redirection: Redirection? = nil,
        isFromSupersededServer: Bool = false
    ) {
        self.code = code
        self.message = message
        self.cause = cause
        self.redirection = redirection
        self.isFromSupersededServer = isFromSupersededServer
    }

    /// Whether the same command can succeed later without anyone changing a setting.
    package var isTransient: Bool {
        switch code {
        case .timedOut, .disconnected, .circuitOpen, .skipped, .loading, .readOnly, .clusterDown, .noScript: true
        case .cancelled, .unauthorized, .server, .protocolViolation, .configuration: false
        }
    }

    /// Whether Redis answered at once and refused its user certain keys only: other keys may be answered.
    package var concernsKeys: Bool {
        guard code == .unauthorized, let cause else { return false }
        return cause.contains("access") && cause.contains("key")
    }

    /// The reason as a decision carries it.
    package var unavailability: Unavailability {
        switch code {
        case .timedOut, .cancelled: .timedOut
        case .disconnected: .disconnected
        case .circuitOpen: .circuitOpen
        case .skipped: .skipped
        case .loading: .loading
        case .readOnly: .readOnly
        case .clusterDown: .clusterDown
        case .unauthorized: .unauthorized
        case .noScript, .server, .protocolViolation, .configuration: .error
        }
    }
}

extension RedisError: CustomStringConvertible {
    package var description: String {
        cause.map { "\(message) (\(code.rawValue): \($0))" } ?? "\(message) (\(code.rawValue))"
    }
}

extension RedisError {
    /// An error that Redis answered, told apart by the word it begins with.
    ///
    /// Before Redis 7 an error within a script is wrapped: `ERR Error running script (…): @user_script: 1: -READONLY
    /// …`.
    init(serverReply text: String) {
        var word = text.prefix { $0 != " " }
        if word == "ERR", let wrapped = text.firstRange(of: ": -") {
            word = text[wrapped.upperBound...].prefix { $0 != " " }
        }
        // Redis 7.0 says of a command that the user may not run within a script no more than this.
        if text.contains("The user executing the script can't") { word = "NOPERM" }
        if text.contains(RedisError.tooManyClients) { word = "MAXCLIENTS" }
        let (code, message) = RedisError.meaning(ofWord: word)
        self.init(
            code, message, cause: DisplayText.plain(text),
            redirection: Redirection(errorWord: word, text: text),
            isFromSupersededServer: RedisError.supersededServerWords.contains(word))
    }

    /// An error that a server sends without being asked when it refuses the whole connection; `nil` for any other.
    init?(connectionRefusal text: String) {
        guard text.contains(RedisError.tooManyClients) || text.hasPrefix("DENIED ") else { return nil }
        self.init(serverReply: text)
    }

    /// What a demoted primary, a replica without its primary, and a primary that its replicas have left answer. A
    /// server that is full, loads its data or runs a script is still the right one.
    private static let supersededServerWords: [Substring] = ["READONLY", "MASTERDOWN", "NOREPLICAS"]
    private static let tooManyClients = "max number of clients"

    private static func meaning(ofWord word: Substring) -> (Code, String) {
        switch word {
        case "LOADING", "MASTERDOWN", "BUSY":
            (.loading, "Redis is up but cannot answer yet; it will when it has loaded its data or found its primary")
        case "READONLY", "OOM", "MISCONF", "NOREPLICAS":
            (.readOnly, "Redis refuses writes; point the URL at the primary, and look at its memory, disk and replicas")
        case "CLUSTERDOWN", "TRYAGAIN":
            (.clusterDown, "the Redis Cluster does not serve this key at the moment; look at CLUSTER INFO")
        case "MOVED", "ASK", "CROSSSLOT":
            (.clusterDown, "this Redis belongs to a cluster; begin the Redis URL with redis+cluster://")
        case "NOAUTH", "WRONGPASS":
            (.unauthorized, "Redis refused the credentials; check the user and password of the Redis URL")
        case "NOPERM":
            (.unauthorized, "Redis refused its user a right that the limiter needs; docs/operations.md lists them")
        case "MAXCLIENTS":
            (.disconnected, "Redis has reached its maxclients; raise it, or find out which clients are connected")
        case "DENIED":
            (
                .unauthorized,
                "Redis is in protected mode and takes no clients from other machines; give it a password or a user"
            )
        case "NOSCRIPT":
            (.noScript, "Redis does not hold the script")
        default:
            (.server, "Redis answered with an error")
        }
    }
}
