import NIOCore
import Testing

@testable import ParallaxService

@Suite struct ConnectionStateTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private let timeouts = ConnectionTimeouts()

    private func makeState() -> ConnectionState { ConnectionState(timeouts: timeouts, now: start) }

    /// A connection on which a whole request waits for its answer.
    private func owing(isLast: Bool = false) -> ConnectionState {
        var state = makeState()
        state.bytesArrived(at: start)
        state.headArrived(isLast: isLast, at: start)
        state.requestEnded(at: start)
        return state
    }

    @Test("a connection without a request ends after the idle time, also after an answer")
    func endsIdleOnes() {
        var state = makeState()
        #expect(state.deadlinePassed(at: start + timeouts.idle - .nanoseconds(1)) == .none)
        #expect(state.deadlinePassed(at: start + timeouts.idle) == .close(.idle))
        var answered = owing()
        let later = start + .seconds(50)
        #expect(answered.answerBegan() == false)
        #expect(answered.answerEnded(at: later) == .none)
        #expect(answered.deadlinePassed(at: start + timeouts.idle) == .none)
        #expect(answered.deadlinePassed(at: later + timeouts.idle) == .close(.idle))
    }

    @Test("a request that does not arrive in full is answered with 408, whichever part is missing")
    func endsSlowOnes() {
        var head = makeState()
        head.bytesArrived(at: start)
        head.bytesArrived(at: start + .seconds(9))
        #expect(head.deadlinePassed(at: start + timeouts.request) == .answer(.timedOut))
        var body = makeState()
        body.bytesArrived(at: start)
        body.headArrived(isLast: false, at: start + .seconds(9))
        #expect(body.deadlinePassed(at: start + timeouts.request) == .failBody(.timedOut))
        #expect(body.answerBegan() == true)
        #expect(body.answerEnded(at: start + timeouts.request) == .closeOutput)
    }

    @Test("while the service owes an answer the connection neither expires nor gives its place away")
    func keepsBusyOnes() {
        var state = owing()
        #expect(state.expiry == .never)
        #expect(state.deadlinePassed(at: start + .hours(1)) == .none)
    }

    @Test("a connection that is needed for another one closes at once, or after the answer that it is owed")
    func givesWay() {
        var idle = makeState()
        #expect(idle.evicted() == .close(.evicted))
        var busy = owing()
        #expect(busy.evicted() == .none)
        #expect(busy.input == .ended)
        #expect(busy.answerBegan() == true)
        #expect(busy.answerEnded(at: start) == .closeOutput)
        var next = owing()
        next.headArrived(isLast: false, at: start)
        #expect(next.evicted() == .none)
        next.requestEnded(at: start)
        #expect(next.input == .ended)
    }

    @Test("the time for a request behind others begins once they are answered: it may have waited in the kernel")
    func waitsForAnswersBefore() {
        let later = start + .minutes(1)
        var head = owing()
        head.bytesArrived(at: start)
        #expect(head.expiry == .never)
        #expect(head.answerEnded(at: later) == .none)
        #expect(head.expiry == .slow(later + timeouts.request))
        var body = owing()
        body.headArrived(isLast: false, at: start)
        #expect(body.expiry == .never)
        #expect(body.answerEnded(at: later) == .none)
        #expect(body.expiry == .slow(later + timeouts.request))
    }

    @Test("a client that takes nothing of its answers is closed")
    func endsUnread() {
        var state = owing()
        state.writabilityChanged(false, at: start)
        #expect(state.expiry == .slow(start + timeouts.unread))
        #expect(state.deadlinePassed(at: start + timeouts.unread) == .close(.unreadAnswer))
        state.writabilityChanged(true, at: start)
        #expect(state.expiry == .never)
    }

    @Test("an answer to a request that still arrives is the last one, and the rest is not read")
    func closesAfterEarlyAnswers() {
        var state = makeState()
        state.headArrived(isLast: false, at: start)
        #expect(state.answerBegan() == true)
        #expect(state.answerEnded(at: start) == .closeOutput)
        #expect(state.input == .ended)
        #expect(state.deadlinePassed(at: start + timeouts.closing) == .close(.finished))
    }

    @Test("of pipelined requests each has its answer, and only the last one says that it closes")
    func answersInOrder() {
        var state = owing()
        state.headArrived(isLast: true, at: start)
        state.requestEnded(at: start)
        #expect(state.input == .ended)
        #expect(state.answerBegan() == false)
        #expect(state.answerEnded(at: start) == .none)
        #expect(state.answerBegan() == true)
        #expect(state.answerEnded(at: start) == .closeOutput)
    }

    @Test("what is not a request is answered after the requests before it")
    func answersFaultsInOrder() {
        var state = owing()
        #expect(state.failed(.malformed) == .none)
        #expect(state.answerBegan() == false)
        #expect(state.answerEnded(at: start) == .answer(.malformed))
        #expect(state.answerBegan() == true)
        #expect(state.answerEnded(at: start) == .closeOutput)
        #expect(state.failed(.malformed) == .none)
    }

    @Test("a client that closes its side still gets the answer that it is owed")
    func answersHalfClosed() {
        var state = owing()
        #expect(state.inputClosed() == .none)
        #expect(state.answerBegan() == true)
        #expect(state.answerEnded(at: start) == .closeOutput)
        var idle = makeState()
        #expect(idle.inputClosed() == .close(.finished))
    }

    @Test("when the service ends, connections that owe no whole request an answer close at once")
    func endsWithTheService() {
        var idle = makeState()
        #expect(idle.quiesced(at: start) == .close(.shutdown))
        var head = makeState()
        head.bytesArrived(at: start)
        #expect(head.quiesced(at: start) == .close(.shutdown))
        var body = makeState()
        body.headArrived(isLast: false, at: start)
        #expect(body.quiesced(at: start) == .close(.shutdown))
    }

    @Test("when the service ends, a whole request is answered, and nothing more is read")
    func answersBeforeTheEnd() {
        var busy = owing()
        #expect(busy.quiesced(at: start) == .none)
        #expect(busy.input == .ended)
        #expect(busy.answerBegan() == true)
        #expect(busy.answerEnded(at: start) == .closeOutput)
    }

    @Test("when the service ends, half a request after a whole one is refused once that is answered")
    func refusesHalvesAtTheEnd() {
        var state = owing()
        state.headArrived(isLast: false, at: start)
        #expect(state.quiesced(at: start) == .none)
        #expect(state.answerBegan() == false)
        #expect(state.answerEnded(at: start) == .failBody(.shuttingDown))
        #expect(state.answerBegan() == true)
        #expect(state.answerEnded(at: start) == .closeOutput)
        var whole = owing()
        whole.headArrived(isLast: false, at: start)
        #expect(whole.quiesced(at: start) == .none)
        whole.requestEnded(at: start)
        #expect(whole.input == .ended)
        #expect(whole.answerEnded(at: start) == .none)
        #expect(whole.answerBegan() == true)
        #expect(whole.answerEnded(at: start) == .closeOutput)
    }

    @Test("when the service ends, a client has as long to take its answers as to close its side")
    func boundsUnreadAtTheEnd() {
        var state = owing()
        _ = state.answerBegan()
        #expect(state.answerEnded(at: start) == .none)
        state.writabilityChanged(false, at: start)
        #expect(state.quiesced(at: start) == .closeOutput)
        #expect(state.quiesced(at: start) == .none)
        #expect(state.deadlinePassed(at: start + timeouts.closing) == .close(.unreadAnswer))
    }
}
