import NIOCore
import Testing

@testable import RedisLimiting

@Suite struct ConnectionStateMachineTests {
    private typealias Machine = ConnectionStateMachine<Int>
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test("a connection without login is ready at once")
    func readyAtOnce() {
        var machine = makeMachine()
        #expect(machine.connected() == .becomeReady)
        #expect(machine.isReady)
    }

    @Test("a connection is ready when every step of the login was answered, and not before")
    func logsIn() {
        let steps: [HandshakeStep] = [.authenticate(user: nil, password: "pw"), .select(database: 2)]
        var machine = makeMachine(handshake: steps)
        #expect(machine.connected() == .sendHandshake(steps))
        #expect(machine.received(.status("OK")) == .ignore)
        #expect(!machine.isReady)
        #expect(machine.received(.status("OK")) == .becomeReady)
        #expect(machine.isReady)
    }

    @Test(
        "a refused step of the login names what to correct",
        arguments: [
            (HandshakeStep.authenticate(user: "a", password: "b"), "WRONGPASS no", RedisError.Code.unauthorized),
            (.authenticate(user: nil, password: "b"), "ERR Client sent AUTH, but no password is set", .unauthorized),
            (.select(database: 99), "ERR DB index is out of range", .server),
            (.select(database: 1), "NOAUTH Authentication required.", .unauthorized),
        ])
    func refusedLogin(_ step: HandshakeStep, _ text: String, _ code: RedisError.Code) {
        var machine = makeMachine(handshake: [step])
        _ = machine.connected()
        guard case .fail(let error) = machine.received(.error(text)) else {
            Issue.record("a refused login did not fail the connection")
            return
        }
        #expect(error.code == code)
        #expect(!error.description.contains("b\""))
    }

    @Test("replies go to the callers in the order of their commands")
    func keepsOrder() {
        var machine = makeReady()
        for call in 1...3 { machine.sent(call, deadline: .distantFuture, now: start) }
        #expect(machine.received(.integer(1)) == .deliver(1))
        #expect(machine.received(.integer(2)) == .deliver(2))
        #expect(machine.received(.error("ERR")) == .deliver(3))
        #expect(machine.pendingCount == 0)
    }

    @Test(
        "a server that refuses the whole connection gives its reason to all who wait",
        arguments: [
            ("ERR max number of clients reached", RedisError.Code.disconnected),
            ("DENIED Redis is running in protected mode", .unauthorized),
        ])
    func refusedConnection(_ text: String, _ code: RedisError.Code) {
        var machine = makeReady()
        machine.sent(1, deadline: .distantFuture, now: start)
        guard case .fail(let error) = machine.received(.error(text)) else {
            Issue.record("a refused connection was kept")
            return
        }
        #expect(error.code == code)
        #expect(machine.closed() == [1])
    }

    @Test("a caller whose deadline has passed keeps its place, so that no caller gets another's reply")
    func keepsPlace() {
        var machine = makeReady()
        machine.sent(1, deadline: start + .milliseconds(250), now: start)
        machine.sent(2, deadline: start + .milliseconds(500), now: start)
        #expect(machine.swept(now: start + .milliseconds(249)) == .timeOut([]))
        #expect(machine.swept(now: start + .milliseconds(250)) == .timeOut([1]))
        #expect(machine.swept(now: start + .milliseconds(260)) == .timeOut([]))
        #expect(machine.received(.integer(1)) == .ignore)
        #expect(machine.received(.integer(2)) == .deliver(2))
    }

    @Test("a command unanswered for the socket time-out ends the connection, its caller gone or not")
    func socketTimeout() {
        var machine = makeReady()
        machine.sent(1, deadline: start + .milliseconds(250), now: start)
        machine.sent(2, deadline: .distantFuture, now: start + .seconds(5))
        _ = machine.swept(now: start + .seconds(1))
        guard case .timeOutAndClose(let late, let error) = machine.swept(now: start + .seconds(10)) else {
            Issue.record("a quiet connection was kept")
            return
        }
        #expect(late == [])
        #expect(error.code == .timedOut)
        #expect(machine.closed() == [2])
    }

    @Test("a connection that ends tells every caller who still waits, once")
    func failsAll() {
        var machine = makeReady()
        machine.sent(1, deadline: start, now: start)
        machine.sent(2, deadline: .distantFuture, now: start)
        _ = machine.swept(now: start)
        #expect(machine.closed() == [2])
        #expect(machine.closed() == [])
        #expect(machine.received(.integer(1)) == .ignore)
    }

    @Test("a reply to no command ends the connection")
    func unexpectedReply() {
        var machine = makeReady()
        guard case .fail(let error) = machine.received(.integer(1)) else {
            Issue.record("an unexpected reply was taken")
            return
        }
        #expect(error.code == .protocolViolation)
    }

    @Test("a draining connection closes with its last reply")
    func drains() {
        var machine = makeReady()
        machine.sent(1, deadline: .distantFuture, now: start)
        machine.sent(2, deadline: .distantFuture, now: start)
        #expect(machine.drained() == .wait)
        #expect(machine.received(.integer(1)) == .deliver(1))
        #expect(machine.received(.integer(2)) == .deliverAndClose(2))
    }

    @Test("a draining connection does not wait for callers who have given up")
    func drainsAbandoned() {
        var machine = makeReady()
        machine.sent(1, deadline: start + .seconds(1), now: start)
        #expect(machine.drained() == .wait)
        #expect(machine.swept(now: start + .seconds(1)) == .timeOutAndClose([1], .shutDown))
    }

    @Test("an idle connection and one that is not ready close at once when drained")
    func drainsAtOnce() {
        var idle = makeReady()
        var connecting = makeMachine()
        #expect(idle.drained() == .close)
        #expect(connecting.drained() == .close)
    }

    @Test("a socket that is made after the end is closed")
    func connectedTooLate() {
        var machine = makeMachine()
        _ = machine.closed()
        #expect(machine.connected() == .close)
    }

    @Test("messages of a subscription are no caller's reply, and other replies still find their callers")
    func pushes() {
        var machine = makeMachine(handshake: [.subscribe(channel: "c")])
        _ = machine.connected()
        #expect(machine.received(.array([bulk("subscribe"), bulk("c"), .integer(1)])) == .becomeReady)
        machine.sent(1, deadline: .distantFuture, now: start)
        #expect(machine.received(.array([bulk("message"), bulk("c"), bulk("x")])) == .push)
        #expect(machine.received(.array([bulk("pong"), bulk("")])) == .deliver(1))
    }

    private func bulk(_ text: String) -> RedisReply { .bulk(Array(text.utf8)) }

    private func makeMachine(handshake: [HandshakeStep] = []) -> Machine {
        Machine(handshake: handshake, socketTimeout: .seconds(10))
    }

    private func makeReady() -> Machine {
        var machine = makeMachine()
        _ = machine.connected()
        return machine
    }
}
