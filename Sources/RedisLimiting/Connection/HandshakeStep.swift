/// One command that is sent before a connection is used, and how to read its failure.
enum HandshakeStep: Equatable, Sendable {
    case authenticate(user: String?, password: String)
    case select(database: Int)
    case subscribe(channel: String)

    /// The steps that an address asks for, in order.
    static func steps(for url: RedisURL) -> [HandshakeStep] {
        var steps: [HandshakeStep] = []
        if let password = url.password { steps.append(.authenticate(user: url.user, password: password)) }
        if url.database != 0 { steps.append(.select(database: url.database)) }
        return steps
    }

    var isSubscription: Bool {
        if case .subscribe = self { true } else { false }
    }

    var command: RedisCommand {
        switch self {
        case .authenticate(nil, let password): RedisCommand("AUTH", password)
        case .authenticate(let user?, let password): RedisCommand("AUTH", user, password)
        case .select(let database): RedisCommand("SELECT", String(database))
        case .subscribe(let channel): RedisCommand("SUBSCRIBE", channel)
        }
    }

    /// The error for a step that Redis refused.
    func failure(serverReply text: String) -> RedisError {
        let error = RedisError(serverReply: text)
        guard error.code == .server else { return error }
        switch self {
        case .authenticate:
            return RedisError(
                .unauthorized, "Redis refused the login; check user and password of the Redis URL", cause: error.cause)
        case .select(let database):
            return RedisError(
                .server, "Redis has no database \(database); check the number at the end of the Redis URL",
                cause: error.cause)
        case .subscribe:
            return error
        }
    }
}
