import ParallaxCore

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
            isOfSuperseded: RedisError.wordsOfSuperseded.contains(word))
    }

    /// An error that a server sends without being asked when it refuses the whole connection; `nil` for any other.
    init?(connectionRefusal text: String) {
        guard text.contains(RedisError.tooManyClients) || text.hasPrefix("DENIED ") else { return nil }
        self.init(serverReply: text)
    }

    /// What a demoted primary, a replica without its primary, and a primary that its replicas have left answer. A
    /// server that is full, loads its data or runs a script is still the right one.
    private static let wordsOfSuperseded: [Substring] = ["READONLY", "MASTERDOWN", "NOREPLICAS"]
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
