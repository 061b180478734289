import DequeModule
import NIOCore

/// What one connection to Redis may do, and whose turn the next reply is.
///
/// ```
/// connecting -> handshaking -> ready -> draining -> closed
/// ```
/// Every state can end in `closed`. A value: events go in, actions come out, the time is an argument.
/// `Call` names a caller who waits for a reply.
struct ConnectionStateMachine<Call: Equatable & Sendable>: Sendable {
    enum State: Equatable, Sendable {
        /// No socket yet.
        case connecting
        /// Logging in; holds the steps whose replies are missing, in order.
        case handshaking([HandshakeStep])
        /// Commands may be sent.
        case ready
        /// No new commands; closes when the last reply has come.
        case draining
        case closed
    }

    /// A command that has been sent and has no reply yet.
    struct Pending: Equatable, Sendable {
        let call: Call
        let deadline: NIODeadline
        let sentAt: NIODeadline
        /// Its caller has given up; it stays so that later replies meet their own callers.
        var isAbandoned = false
    }

    private(set) var state: State = .connecting
    /// Replies come in the order of the commands (Redis protocol, pipelining).
    private var pending: Deque<Pending> = []
    private let handshake: [HandshakeStep]
    private let socketTimeout: TimeAmount
    private let isSubscriber: Bool

    /// Makes the machine of a new connection.
    ///
    /// - Parameters:
    ///   - handshake: What to send before the first command.
    ///   - socketTimeout: How long a command may wait before the connection is given up.
    init(handshake: [HandshakeStep], socketTimeout: TimeAmount) {
        self.handshake = handshake
        self.socketTimeout = socketTimeout
        self.isSubscriber = handshake.contains { $0.isSubscription }
    }

    var pendingCount: Int { pending.count }
    var isReady: Bool { state == .ready }
}

// MARK: Opening
extension ConnectionStateMachine {
    enum ConnectedAction: Equatable {
        case sendHandshake([HandshakeStep])
        case becomeReady
        /// It was closed while the socket was being made.
        case close
    }

    mutating func connected() -> ConnectedAction {
        switch state {
        case .connecting where handshake.isEmpty:
            state = .ready
            return .becomeReady
        case .connecting:
            state = .handshaking(handshake)
            return .sendHandshake(handshake)
        case .closed:
            return .close
        case .handshaking, .ready, .draining:
            preconditionFailure("a connection to Redis was connected twice")
        }
    }

    /// Notes that a command's bytes are on their way.
    mutating func sent(_ call: Call, deadline: NIODeadline, now: NIODeadline) {
        precondition(state == .ready, "a command was sent on a connection to Redis that is not ready")
        pending.append(Pending(call: call, deadline: deadline, sentAt: now))
    }
}

// MARK: Replies
extension ConnectionStateMachine {
    enum ReplyAction: Equatable {
        case deliver(Call)
        /// The reply belongs to a caller who has given up, or ends a step of the handshake.
        case ignore
        case becomeReady
        /// A message of a subscription.
        case push
        /// The reply belongs to this caller, and was the last one to wait for.
        case deliverAndClose(Call)
        case close
        case fail(RedisError)
    }

    mutating func received(_ reply: RedisReply) -> ReplyAction {
        switch state {
        case .handshaking(let steps): return receivedInHandshake(reply, steps: steps)
        case .ready, .draining: return receivedWhenOpen(reply)
        case .closed: return .ignore
        case .connecting: preconditionFailure("a reply came from Redis before there was a connection")
        }
    }

    private mutating func receivedInHandshake(_ reply: RedisReply, steps: [HandshakeStep]) -> ReplyAction {
        if case .error(let text) = reply { return .fail(steps[0].failure(serverReply: text)) }
        let missing = Array(steps.dropFirst())
        state = missing.isEmpty ? .ready : .handshaking(missing)
        return missing.isEmpty ? .becomeReady : .ignore
    }

    private mutating func receivedWhenOpen(_ reply: RedisReply) -> ReplyAction {
        if isSubscriber, reply.isMessage { return .push }
        // Not an answer to whichever command is first in the queue.
        if case .error(let text) = reply, let refusal = RedisError(connectionRefusal: text) { return .fail(refusal) }
        guard let next = pending.popFirst() else {
            if case .error(let text) = reply { return .fail(RedisError(serverReply: text)) }
            return .fail(RedisError(.protocolViolation, "Redis sent a reply to no command; the connection was closed"))
        }
        let isLast = state == .draining && pending.isEmpty
        if next.isAbandoned { return isLast ? .close : .ignore }
        return isLast ? .deliverAndClose(next.call) : .deliver(next.call)
    }
}

// MARK: Time and ends
extension ConnectionStateMachine {
    enum SweepAction: Equatable {
        /// These callers' deadlines have passed.
        case timeOut([Call])
        /// These callers' deadlines have passed, and the connection is to be closed.
        case timeOutAndClose([Call], RedisError)
    }

    /// Looks for callers whose deadline has passed and for a connection that has gone quiet.
    mutating func swept(now: NIODeadline) -> SweepAction {
        var late: [Call] = []
        for index in pending.indices where !pending[index].isAbandoned && pending[index].deadline <= now {
            pending[index].isAbandoned = true
            late.append(pending[index].call)
        }
        if let oldest = pending.first, oldest.sentAt + socketTimeout <= now {
            let seconds = Double(socketTimeout.nanoseconds) / 1e9
            let error = RedisError(
                .timedOut, "Redis left a command unanswered for \(seconds) s, so the connection was closed")
            return .timeOutAndClose(late, error)
        }
        if state == .draining, pending.allSatisfy(\.isAbandoned) {
            return .timeOutAndClose(late, .shutDown)
        }
        return .timeOut(late)
    }

    enum DrainAction: Equatable {
        case wait
        case close
    }

    /// Takes no more commands, and closes when no one waits any longer.
    mutating func drained() -> DrainAction {
        switch state {
        case .ready where !pending.isEmpty:
            state = .draining
            return .wait
        case .draining:
            return .wait
        case .connecting, .handshaking, .ready, .closed:
            return .close
        }
    }

    /// Ends the connection.
    ///
    /// - Returns: The callers who still wait; their commands may or may not have been carried out.
    mutating func closed() -> [Call] {
        state = .closed
        defer { pending.removeAll() }
        return pending.filter { !$0.isAbandoned }.map(\.call)
    }
}

extension RedisReply {
    /// Whether this is what a subscriber gets without asking.
    fileprivate var isMessage: Bool {
        guard case .array(let elements) = self, elements.count == 3, case .bulk(let kind) = elements[0] else {
            return false
        }
        return kind.elementsEqual("message".utf8)
    }
}

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
