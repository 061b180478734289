import HTTPTypes
import NIOCore
import NIOHTTP1

/// Drives a connection's ``ConnectionState``: passes requests on, answers those that cannot be, and closes in order.
///
/// It sits right after the decoder, before the handlers that make Hummingbird's parts of requests.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let entry: ConnectionTable.Entry
    private let metrics: HTTPMetrics
    private var rules: RequestHeadRules
    private var state: ConnectionState
    /// Whether what arrived since the connection was last idle is UTF-8.
    private var encoding = UTF8Validator()
    /// Whether the client speaks HTTP/1.0 and asked to keep the connection: it has to be told that it is kept.
    private var announcesKeepAlive = false
    /// Whether the request that is refused asks for a head only.
    private var refusesHead = false
    /// Where the last of the requests ends that the decoder makes of what arrived.
    private var end = RequestEnd()

    init(
        entry: ConnectionTable.Entry, rules: RequestHeadRules, timeouts: ConnectionTimeouts, metrics: HTTPMetrics
    ) {
        self.entry = entry
        self.rules = rules
        self.metrics = metrics
        state = ConnectionState(timeouts: timeouts, now: .now())
        entry.publish(state.expiry)
    }

    // MARK: Reading

    /// Notes that bytes arrived.
    ///
    /// - Returns: What was being read before.
    func bytesArrived(_ bytes: ByteBuffer) -> ConnectionState.Input {
        let input = state.input
        if input == .idle { encoding = UTF8Validator() }
        encoding.read(bytes)
        guard input == .idle else { return input }
        state.bytesArrived(at: .now())
        entry.publish(state.expiry)
        return input
    }

    /// Notes that the decoder has made parts of requests of the bytes that arrived.
    ///
    /// If a request begins among them, its rest must not pass for the beginning of another one.
    func bytesWereDecoded(_ bytes: ByteBuffer) {
        defer { end.forgetBody() }
        guard state.input == .idle, !end.isEnd(of: bytes) else { return }
        state.bytesArrived(at: .now())
        entry.publish(state.expiry)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard state.input != .ended else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): read(head, context)
        case .body(let bytes):
            end.bodyArrived(bytes)
            context.fireChannelRead(data)
        case .end:
            state.requestEnded(at: .now())
            entry.publish(state.expiry)
            context.fireChannelRead(data)
        }
    }

    private func read(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let verdict = rules.judge(head)
        if let error = verdict.error {
            refusesHead = head.method == .HEAD
            return fail(error, context)
        }
        end.headArrived(isChunked: verdict.isChunked)
        var head = head
        head.method = head.method.routed
        if let path = verdict.path { head.uri = path }
        if !encoding.isValid { head.headers.markReplacedCharacters() }
        let isLast = !head.isKeepAlive || verdict.endsReading
        announcesKeepAlive = head.version == .http1_0 && !isLast
        state.headArrived(isLast: isLast, at: .now())
        entry.publish(state.expiry)
        if verdict.awaitsContinue, state.unanswered == 1 {
            let response = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(response)), promise: nil)
        }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case HTTPParserError.headerOverflow: fail(.headersTooLarge, context)
        case is HTTPParserError: fail(.malformed, context)
        // Bytes after such an error; they are dropped.
        case is ByteToMessageDecoderError: break
        default: context.fireErrorCaught(error)
        }
    }

    private func fail(_ error: RequestError, _ context: ChannelHandlerContext) {
        metrics.refused(error)
        perform(state.failed(error), context)
    }

    // MARK: Writing

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard state.closingSince == nil, state.unanswered > 0 else {
            promise?.succeed()
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head): context.write(wrapOutboundOut(.head(begin(head))), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            context.write(data, promise: promise)
            perform(state.answerEnded(at: .now()), context)
        }
    }

    /// An answer's head with what this connection has to say.
    private func begin(_ head: HTTPResponseHead) -> HTTPResponseHead {
        metrics.answered(status: Int(head.status.code))
        var head = head
        if state.answerBegan() {
            head.headers.replaceOrAdd(name: "connection", value: "close")
        } else if announcesKeepAlive {
            head.headers.replaceOrAdd(name: "connection", value: "keep-alive")
        }
        return head
    }

    private func answer(_ error: RequestError, _ context: ChannelHandlerContext) {
        var head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: error.status.code))
        for field in error.headers { head.headers.add(name: field.name.rawName, value: field.value) }
        let body = error.body
        head.headers.add(name: "content-length", value: String(body.readableBytes))
        context.write(wrapOutboundOut(.head(begin(head))), promise: nil)
        if !refusesHead { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        perform(state.answerEnded(at: .now()), context)
    }

    // MARK: Ending

    private func perform(_ action: ConnectionState.Action, _ context: ChannelHandlerContext) {
        entry.publish(state.expiry)
        switch action {
        case .none: break
        case .answer(let error): answer(error, context)
        case .failBody(let error): context.fireErrorCaught(error)
        case .closeOutput:
            context.flush()
            context.close(mode: .output, promise: nil)
        case .close(let reason):
            metrics.closed(reason)
            context.close(promise: nil)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard state.closingSince != nil else { return context.close(mode: mode, promise: promise) }
        // The sending side is closed already; closing all before the client has read would take the answer from it.
        switch mode {
        case .output, .input: promise?.succeed()
        case .all: context.channel.closeFuture.cascade(to: promise)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ConnectionEvent.deadline(let now):
            let action = state.deadlinePassed(at: now)
            if action == .answer(.timedOut) || action == .failBody(.timedOut) {
                metrics.refused(.timedOut)
                metrics.closed(.slowRequest)
            }
            perform(action, context)
        case ConnectionEvent.evict: perform(state.evicted(), context)
        case ConnectionEvent.close: context.close(promise: nil)
        case is ChannelShouldQuiesceEvent: perform(state.quiesced(at: .now()), context)
        case ChannelEvent.inputClosed:
            let action = state.inputClosed()
            context.fireUserInboundEventTriggered(event)
            perform(action, context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        state.writabilityChanged(context.channel.isWritable, at: .now())
        entry.publish(state.expiry)
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        // What is read of a body that never ended must not pass for all of it.
        if case .body = state.input { context.fireErrorCaught(RequestError.malformed) }
        context.fireChannelInactive()
    }
}

extension HTTPHeaders {
    /// Says in a field of our own that some of the bytes were not UTF-8, if the decoder can have replaced any in a value.
    ///
    /// A client that sends the field can only have its own key refused.
    fileprivate mutating func markReplacedCharacters() {
        guard contains(where: { $0.value.unicodeScalars.contains("\u{fffd}") }) else { return }
        add(name: HTTPField.Name.notUTF8.rawName, value: "?1")
    }
}

extension HTTPMethod {
    /// The method by which routes know it: one name stands for all that are rare.
    fileprivate var routed: HTTPMethod {
        switch self {
        case .GET, .POST, .HEAD, .PUT, .PATCH, .DELETE, .OPTIONS, .TRACE, .CONNECT: self
        default: .RAW(value: RequestStartHandler.rareMethod)
        }
    }
}
