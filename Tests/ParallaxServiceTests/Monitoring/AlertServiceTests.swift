@testable import Settings
import Foundation
import Logging
import ParallaxCore
import ServiceLifecycle
import Synchronization
import Testing

@testable import ParallaxService

/// An alert service in virtual time, with receivers that answer as a test says.
private final class AlertWorld: Sendable {
    struct Told {
        let place: Int
        let documents: [AlertDocument]
    }

    struct State {
        var seconds: Int64 = 0
        var inputs = AlertRules.Inputs()
        /// Why receivers refuse, by place; those that are not here take everything.
        var problems: [Int: AlertSendError] = [:]
        var sent: [Told] = []
        /// How far the receivers' clocks are ahead, in seconds; `nil` if they do not tell their time.
        var receiverAheadSeconds: Int64?
        /// Whether receivers take what they are told and never answer.
        var isSilent = false
        /// Answers that were counted since the service looked last.
        var newCounts = AlertCounts()
    }

    let state = Mutex(State())
    let log = CapturedLog()

    func makeService(receivers: Int = 1) throws -> AlertService {
        let receivers = try (0..<receivers).map {
            try AlertReceiver(SecretText("http://user:hunter2@host-\($0):9093"), token: nil)
        }
        return AlertService(
            settings: AlertSettings(), receivers: receivers, instance: "a:8080", logger: log.logger,
            inputs: { self.state.withLock { $0.inputs } },
            counts: {
                self.state.withLock { state in
                    var counts = state.inputs.counts
                    counts.add(state.newCounts)
                    return counts
                }
            },
            sender: { body, receiver in
                if self.state.withLock({ $0.isSilent }) { try await Task.sleep(for: .seconds(3600)) }
                let place = receiver.url.contains("host-1") ? 1 : 0
                let documents = try JSONDecoder().decode([AlertDocument].self, from: body)
                let problem = self.state.withLock { state in
                    if state.problems[place] == nil { state.sent.append(Told(place: place, documents: documents)) }
                    return state.problems[place]
                }
                if let problem { throw problem }
                return self.state.withLock { state in
                    state.receiverAheadSeconds.map {
                        Timestamp(milliseconds: 1_767_225_600_000 + (state.seconds + $0) * 1000)
                    }
                }
            },
            now: {
                let seconds = self.state.withLock { $0.seconds }
                return ClockReading(
                    steadyMilliseconds: seconds * 1000,
                    wall: Timestamp(milliseconds: 1_767_225_600_000 + seconds * 1000))
            }, jitter: { 1 })
    }

    /// Lets seconds go by.
    func run(_ service: AlertService, seconds: Int) async {
        for _ in 0..<seconds {
            state.withLock { $0.seconds += 1 }
            for job in service.update() { await service.send(job) }
        }
    }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    var documents: [AlertDocument] { state.withLock { $0.sent.flatMap(\.documents) } }
}

@Suite struct AlertServiceTests {
    private static let firing = RollbackLatch.Firing.sample(
        .redisDown, "no good run of Redis for 121 s", at: Timestamp(milliseconds: 1_767_225_600_500))

    @Test("a receiver whose clock is hours away is told by its own clock", arguments: [-7_200, 7_200])
    func otherClock(ahead: Int64) async throws {
        let world = AlertWorld()
        let service = try world.makeService()
        world.change { state in
            state.receiverAheadSeconds = ahead
            state.inputs.rollback = Self.firing
        }
        await world.run(service, seconds: 3)
        // Once by this machine's clock, from which the receiver's is known, and once by the receiver's.
        #expect(world.documents.count == 2)
        func seconds(_ text: String) throws -> Int64 {
            Int64(
                try Date(
                    text,
                    strategy: .iso8601.year().month().day().time(includingFractionalSeconds: true)
                        .timeZone(separator: .omitted)
                ).timeIntervalSince1970) - 1_767_225_600
        }
        let second = try #require(world.documents.last)
        #expect(try seconds(second.startsAt) == ahead)
        #expect(try seconds(second.endsAt) == ahead + 2 + 240)
        world.change { $0.inputs.rollback = nil }
        await world.run(service, seconds: 2)
        #expect(world.documents.count == 3)
        #expect(try seconds(try #require(world.documents.last).endsAt) == ahead + 4)
    }

    @Test("a rollback is told in Alertmanager's form while it is latched, and told to be over when it is acknowledged")
    func rollback() async throws {
        let world = AlertWorld()
        let service = try world.makeService()
        world.change { $0.inputs.rollback = Self.firing }
        await world.run(service, seconds: 61)
        world.change { $0.inputs.rollback = nil }
        await world.run(service, seconds: 30)
        let documents = world.documents
        #expect(documents.count == 3)
        #expect(
            documents.first?.labels
                == .init(
                    alertname: "ParallaxRollback", severity: "critical", service: "parallax", instance: "a:8080",
                    trigger: "redis_down"))
        #expect(documents.first?.startsAt == "2026-01-01T00:00:00.500Z")
        #expect(
            documents.map(\.endsAt) == [
                "2026-01-01T00:04:01.000Z", "2026-01-01T00:05:01.000Z", "2026-01-01T00:01:02.000Z",
            ])
        #expect(documents.first?.annotations.summary.contains("no good run of Redis for 121 s") == true)
        #expect(
            service.health.delivered == 3 && service.health.problem == nil && service.health.began == [.rollback: 1])
    }

    @Test("a service that starts on a latched rollback tells it again, as the same alert")
    func restart() async throws {
        let world = AlertWorld()
        world.change { $0.inputs.rollback = Self.firing }
        await world.run(try world.makeService(), seconds: 2)
        await world.run(try world.makeService(), seconds: 2)
        let documents = world.documents
        #expect(documents.count == 2)
        #expect(
            documents.first?.labels == documents.last?.labels && documents.first?.startsAt == documents.last?.startsAt)
    }

    @Test("a receiver that fails holds up no other, shows in health without its address, and is logged once")
    func failing() async throws {
        let world = AlertWorld()
        let service = try world.makeService(receivers: 2)
        world.change { state in
            state.inputs.rollback = Self.firing
            state.problems[1] = .refused(status: 401)
        }
        await world.run(service, seconds: 3600)
        #expect(world.state.withLock { $0.sent.allSatisfy { $0.place == 0 } })
        #expect(world.documents.count == 60)
        #expect(service.health.problem == "receiver 2: it answered with the status 401")
        #expect(service.health.failures > 50)
        #expect(world.log.lines(.error).count == 1)
        world.change { $0.problems = [:] }
        await world.run(service, seconds: 61)
        #expect(service.health.problem == nil)
        #expect(world.log.lines.contains { $0.message == "Alerts are delivered again" })
        for line in world.log.lines { #expect(!"\(line)".contains("hunter2") && !"\(line)".contains("host-")) }
    }

    @Test("counts since the start are told apart by the second in which they came")
    func counts() async throws {
        let world = AlertWorld()
        let service = try world.makeService()
        for _ in 0..<100 {
            world.change { $0.inputs.counts.limited += 10 }
            await world.run(service, seconds: 1)
        }
        #expect(service.health.firing == [.refusalRate])
        await world.run(service, seconds: 60)
        #expect(service.health.firing.isEmpty)
        #expect(world.documents.last.map { $0.endsAt < "2026-01-01T00:03:00" } == true)
    }

    @Test("no label or annotation of any alert holds more than our own words, the instance, and what people said")
    func labels() async throws {
        let world = AlertWorld()
        let service = try world.makeService()
        world.change { state in
            state.inputs.rollback = Self.firing
            state.inputs.drill = .init(by: "ann", reason: "\"]}\n", time: Timestamp(milliseconds: 0))
            state.inputs.counts = AlertCounts(allowed: 0, limited: 500, unavailable: 100, connectionFailures: 9)
            (state.inputs.flagFileProblem, state.inputs.flagWriteProblem) = ("invalid", "read-only")
            state.inputs.recorderProblem = "disk full"
            let evaluation = Evaluation(
                trigger: .redisDown, time: Timestamp(milliseconds: 0), state: .firing, sentence: "down")
            state.inputs.stoppedTriggers = [
                .heldBack(evaluation),
                .withheld(evaluation, by: .holdingOff(until: Timestamp(milliseconds: 60_000))),
            ].compactMap(\.self)
        }
        await world.run(service, seconds: 11)
        #expect(Set(world.documents.map(\.labels.alertname)) == Set(Alert.Name.allCases.map(\.rawValue)))
        #expect(Set(world.documents.map(\.labels.instance)) == ["a:8080"])
        #expect(Set(world.documents.compactMap(\.labels.trigger)) == ["redis_down"])
    }

    @Test("a receiver that never answers does not hold up the shutdown", .timeLimit(.minutes(1)))
    func silentAtShutdown() async throws {
        let world = AlertWorld()
        let service = try world.makeService(receivers: 2)
        world.change { $0.inputs.rollback = Self.firing }
        let group = ServiceGroup(services: [service], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            while world.documents.isEmpty { await Task.yield() }
            world.change { state in
                state.isSilent = true
                state.inputs.rollback = nil
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(service.health.problem != nil)
    }

    @Test("a row of answers without a verdict ends with the first verdict, also before the next update")
    func endsRow() async throws {
        let world = AlertWorld()
        let service = try world.makeService(receivers: 0)
        world.change { $0.inputs.counts.unavailable = 5 }
        await world.run(service, seconds: 1)
        #expect(service.health.unansweredRun == 5)
        world.change { $0.newCounts.unavailable = 2 }
        #expect(service.health.unansweredRun == 7)
        world.change { $0.newCounts.limited = 1 }
        #expect(service.health.unansweredRun == nil)
    }

    @Test("what has ended by the shutdown is told in a last attempt")
    func shutdown() async throws {
        let world = AlertWorld()
        let service = try world.makeService()
        world.change { $0.inputs.rollback = Self.firing }
        let group = ServiceGroup(services: [service], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            while world.documents.isEmpty { await Task.yield() }
            world.change { $0.inputs.rollback = nil }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(world.documents.last.map { $0.endsAt <= "2026-01-01T00:00:01" } == true)
    }
}

@Suite struct AlertReceiverTests {
    @Test(
        "an address without a path gets Alertmanager's, another stays, and what opens it becomes a header",
        arguments: [
            ("http://a:9093", "http://a:9093/api/v2/alerts", nil),
            ("https://a/", "https://a/api/v2/alerts", nil),
            ("https://a/alertmanager/api/v2/alerts?x=1#f", "https://a/alertmanager/api/v2/alerts?x=1", nil),
            ("http://ann:p%40ss@a/hook", "http://a/hook", "Basic YW5uOnBAc3M="),
        ] as [(String, String, String?)])
    func reads(_ text: String, _ url: String, _ authorization: String?) throws {
        let receiver = try AlertReceiver(SecretText(text), token: nil)
        #expect(receiver.url == url)
        #expect(receiver.authorization == authorization)
    }

    @Test("no print of a receiver shows its address or what opens it")
    func hides() throws {
        let receiver = try AlertReceiver(SecretText("http://ann:hunter2@secret-host/secret-path"), token: nil)
        var dumped = ""
        dump(receiver, to: &dumped)
        for text in ["\(receiver)", String(reflecting: receiver), dumped] {
            #expect(!text.contains("hunter2") && !text.contains("secret"))
        }
    }

    @Test(
        "text that is not an address is refused without being quoted",
        arguments: ["", "alertmanager:9093", "ftp://hunter2", "http://", "http:///hunter2", "hunter2"])
    func refuses(_ text: String) {
        let error = #expect(throws: AlertReceiverError.self) { try AlertReceiver(SecretText(text), token: nil) }
        #expect(error == .notAnAddress)
        #expect(error.map { !"\($0) \($0.remedy)".contains("hunter2") } == true)
    }
}
