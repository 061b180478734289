package import NIOCore

/// How long a connection may take over each part of its work.
package struct ConnectionTimeouts: Equatable, Sendable {
    /// Without a request, before and between requests.
    package var idle: TimeAmount = .seconds(75)
    /// From the first byte of a request to its last; behind others on its connection, from the end of their answers.
    package var request: TimeAmount = .seconds(10)
    /// Without taking any of the answers that wait for the client.
    package var unread: TimeAmount = .seconds(30)
    /// From the last answer until the client closes its side too; once the service ends, also in place of `unread`.
    package var closing: TimeAmount = .seconds(2)

    package init() {}
}

/// The course of one connection: what is being read, what is unanswered, and when it has to end.
///
/// A value without I/O and clock: ``ConnectionHandler`` tells it what happens and does what it says.
struct ConnectionState {
    /// What is being read. Each can be followed by `ended`.
    enum Input: Equatable {
        /// Nothing since the last request. Followed by `head`, or by `body` if a head arrives whole.
        case idle
        /// The beginning of a request. Followed by `body`.
        case head(since: NIODeadline)
        /// The rest of a request whose head was passed on. Followed by `idle`.
        case body(since: NIODeadline)
        /// Nothing more is read: what still arrives is dropped.
        case ended
    }

    /// What the handler has to do.
    enum Action: Equatable {
        case none
        /// Write the answer to a request that cannot be passed on; it is the last answer.
        case answer(RequestError)
        /// Have the body's reader fail; its route answers, and that is the last answer.
        case failBody(RequestError)
        /// Close the sending side, and wait for the client to close the other.
        case closeOutput
        /// Close the connection.
        case close(Reason)
    }

    /// Why a connection ends before its client closes it. The raw values are labels of a metric.
    enum Reason: String, CaseIterable {
        /// The last answer is out.
        case finished
        case idle
        case slowRequest = "slow_request"
        case unreadAnswer = "unread_answer"
        /// Its place was given to a new connection.
        case evicted
        /// The service ends.
        case shutdown
    }

    /// When the connection has to end, and whether its place can be given away before. Ordered: the first goes first.
    enum Expiry: Equatable {
        /// No request is under way.
        case idle(NIODeadline)
        /// The client is slow to send or to take.
        case slow(NIODeadline)
        /// The service owes an answer to a request that is there in full.
        case never
    }

    private let timeouts: ConnectionTimeouts
    private(set) var input = Input.idle
    /// Requests that were passed on and are not answered in full.
    private(set) var unanswered = 0
    /// Whether nothing is read after the request that is under way.
    private var isLast = false
    /// Whether the service ends: nothing more is begun.
    private var isEnding = false
    /// What answers the last, unreadable request once those before it are answered.
    private var fault: RequestError?
    private var idleSince: NIODeadline
    private var unwritableSince: NIODeadline?
    /// When the sending side was closed; `nil` before.
    private(set) var closingSince: NIODeadline?

    init(timeouts: ConnectionTimeouts, now: NIODeadline) {
        self.timeouts = timeouts
        idleSince = now
    }

    /// Bytes arrived, of which the next handler makes parts of requests.
    mutating func bytesArrived(at now: NIODeadline) {
        if input == .idle { input = .head(since: now) }
    }

    /// A head arrived that is passed on.
    ///
    /// - Parameter isLast: Whether the client asked to close after it.
    mutating func headArrived(isLast: Bool, at now: NIODeadline) {
        if case .head(let since) = input { input = .body(since: since) } else { input = .body(since: now) }
        unanswered += 1
        self.isLast = self.isLast || isLast
    }

    /// A request arrived in full.
    mutating func requestEnded(at now: NIODeadline) {
        guard case .body = input else { return }
        input = isLast ? .ended : .idle
        idleSince = now
    }

    /// What arrives is not a request, or takes too long to become one.
    mutating func failed(_ error: RequestError) -> Action {
        switch input {
        case .ended: return .none
        case .body:
            (input, isLast) = (.ended, true)
            return .failBody(error)
        case .idle, .head:
            (input, isLast) = (.ended, true)
            guard unanswered == 0 else {
                fault = error
                return .none
            }
            unanswered = 1
            return .answer(error)
        }
    }

    /// The client will send nothing more.
    mutating func inputClosed() -> Action {
        (input, isLast) = (.ended, true)
        return unanswered == 0 ? .close(.finished) : .none
    }

    /// An answer's head is about to be written.
    ///
    /// - Returns: Whether it is the connection's last answer. An answer to a request that is still arriving is: the
    ///   rest is not worth reading.
    mutating func answerBegan() -> Bool {
        guard unanswered == 1, fault == nil else { return false }
        if case .body = input { isLast = true }
        return isLast
    }

    /// An answer's end was written.
    mutating func answerEnded(at now: NIODeadline) -> Action {
        precondition(unanswered > 0, "every answer belongs to a request")
        unanswered -= 1
        if owed == 0 { restartInput(at: now) }
        if isEnding, unanswered > 0, owed == 0 { return failed(.shuttingDown) }
        guard unanswered == 0 else { return .none }
        if let fault {
            self.fault = nil
            unanswered = 1
            return .answer(fault)
        }
        idleSince = now
        guard isLast else { return .none }
        input = .ended
        closingSince = now
        return .closeOutput
    }

    /// While an answer is owed, the next request may wait in the kernel: its time begins with the end of the answer.
    private mutating func restartInput(at now: NIODeadline) {
        switch input {
        case .head: input = .head(since: now)
        case .body: input = .body(since: now)
        case .idle, .ended: break
        }
    }

    /// The client takes what waits for it, or no longer does.
    mutating func writabilityChanged(_ isWritable: Bool, at now: NIODeadline) {
        unwritableSince = isWritable ? nil : now
    }

    /// The service ends. A request that is not there in full is owed no answer.
    mutating func quiesced(at now: NIODeadline) -> Action {
        (isEnding, isLast) = (true, true)
        if owed > 0 {
            beginNothing()
            return .none
        }
        // Answers that the client has not taken are sent before.
        guard unwritableSince != nil, unanswered == 0 else { return .close(.shutdown) }
        guard closingSince == nil else { return .none }
        (input, closingSince) = (.ended, now)
        return .closeOutput
    }

    /// Requests that are there in full, and are not answered in full.
    private var owed: Int {
        if case .body = input { return unanswered - 1 }
        return unanswered
    }

    /// The connection is needed for another one. One that is owed an answer by now closes after it.
    mutating func evicted() -> Action {
        guard expiry == .never else { return .close(.evicted) }
        isLast = true
        beginNothing()
        return .none
    }

    /// No further request is read. One whose head was passed on already is.
    private mutating func beginNothing() {
        switch input {
        case .idle, .head: input = .ended
        case .body, .ended: break
        }
    }

    /// Acts on a deadline that has passed.
    mutating func deadlinePassed(at now: NIODeadline) -> Action {
        switch expiry {
        case .idle(let deadline), .slow(let deadline): guard deadline <= now else { return .none }
        case .never: return .none
        }
        if unwritableSince != nil { return .close(.unreadAnswer) }
        if closingSince != nil { return .close(.finished) }
        switch input {
        case .head, .body: return failed(.timedOut)
        case .idle, .ended: return .close(.idle)
        }
    }

    var expiry: Expiry {
        if let unwritableSince {
            return .slow(unwritableSince + (isEnding ? timeouts.closing : timeouts.unread))
        }
        if let closingSince { return .idle(closingSince + timeouts.closing) }
        guard owed <= 0 else { return .never }
        switch input {
        case .head(let since), .body(let since): return .slow(since + timeouts.request)
        case .idle, .ended: return .idle(idleSince + timeouts.idle)
        }
    }
}
