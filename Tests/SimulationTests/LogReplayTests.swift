import ParallaxTesting
import DivergenceStore
import Foundation
import ParallaxCore
import Testing

@testable import Simulation

@Suite struct LogReplayTests {
    /// A candidate in memory that answers later, and perhaps fails at some request.
    private final class LateCandidate: PipelinedCandidate {
        struct Failure: Error {}

        let maximumInFlight = 7
        private let limiter = InMemoryLimiter(bounds: .unbounded)
        private let failsAt: Int?
        private var asked = 0
        private(set) var forgotten = 0

        init(failsAt: Int? = nil) { self.failsAt = failsAt }

        func ask(_ request: CheckRequest, at now: Timestamp) -> PendingDecision {
            asked += 1
            guard asked != failsAt else { return { throw Failure() } }
            let decision = limiter.judge(request, at: now)
            return {
                await Task.yield()
                return decision
            }
        }

        func forget(_ identities: [Identity]) {
            forgotten += identities.count
            for identity in identities { limiter.reset(identity) }
        }
    }

    /// A log of 4,000 requests, a few of them out of order.
    private func write(to folder: String) throws -> String {
        var lines: [String] = []
        for request in ModelledTraffic(seed: 3, durationMilliseconds: 120_000_000).prefix(4000) {
            var second = request.offsetMilliseconds / 1000
            if lines.count.isMultiple(of: 50) { second = max(0, second - 5) }
            let (hour, minute) = (second / 3600 % 24, second / 60 % 60)
            let stamp = [hour, minute, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
            lines.append(#"\#(request.identity.identifier) - - [10/Oct/2000:\#(stamp) +0000] "GET / HTTP/1.1" 200 1"#)
        }
        lines.insert("no request at all", at: 1000)
        let path = "\(folder)/access.log"
        try lines.joined(separator: "\n").write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }

    private func makeReplay(_ path: String, _ store: DivergenceStore, room: Int = 65_536) throws -> LogReplay {
        var settings = Simulation.Settings()
        settings.forecastSizes = [1, 2]
        settings.roomForClients = room
        return LogReplay(
            requests: OrderedRequests(reader: try AccessLogReader(path: path)),
            simulation: Simulation(policy: .defaultValue, settings: settings),
            recorder: BlockingRecorder(store: store, instances: ["1", "2", "3", "4"], capacity: 100))
    }

    @Test("a log is judged to its end, every comparison is recorded, and nothing is dropped")
    func whole() async throws {
        try await withTemporaryFolder { folder in
            let store = try DivergenceStore(path: "\(folder)/replay.sqlite")
            var replay = try makeReplay(write(to: folder), store)
            try await replay.run(candidate: InMemoryLimiter(bounds: .unbounded))
            let report = try await store.report()
            let forecast = replay.simulation.makeForecast(top: 5)
            #expect(replay.judged == 4000)
            #expect(replay.failure == nil)
            #expect(replay.requests.log.malformedCount == 1)
            #expect(replay.requests.order.putInOrder > 10)
            #expect(report.compared == 4000)
            #expect(report.agreed + report.diverged == 4000)
            #expect(report.dropped.isEmpty)
            #expect(report.diverged > 0)
            #expect(report.candidate.allowed == forecast.sharedAllowed.requests)
            #expect(report.control.allowed == forecast.fleets.last?.allowed.requests)
            #expect(report.kinds["newly_limited"] == forecast.fleets.last?.newlyLimited.requests)
            #expect(report.instances == ["1", "2", "3", "4"])
        }
    }

    @Test("a candidate that answers later gives the same report and forecast", arguments: [65_536, 16])
    func pipelined(room: Int) async throws {
        try await withTemporaryFolder { folder in
            let path = try write(to: folder)
            let stores = try ["a", "b"].map { try DivergenceStore(path: "\(folder)/\($0).sqlite") }
            var memory = try makeReplay(path, stores[0])
            try await memory.run(candidate: InMemoryLimiter(bounds: .unbounded))
            var late = try makeReplay(path, stores[1], room: room)
            let candidate = LateCandidate()
            try await late.run(candidate: candidate)
            #expect(late.judged == 4000)
            #expect(late.simulation.makeForecast(top: 5) == memory.simulation.makeForecast(top: 5))
            #expect(try await stores[1].report() == stores[0].report())
        }
    }

    @Test("a candidate that fails ends the replay, and what was judged before is kept")
    func failing() async throws {
        try await withTemporaryFolder { folder in
            let store = try DivergenceStore(path: "\(folder)/replay.sqlite")
            var replay = try makeReplay(write(to: folder), store)
            try await replay.run(candidate: LateCandidate(failsAt: 500))
            #expect(replay.failure is LateCandidate.Failure)
            #expect(replay.judged == 499)
            #expect(try await store.report().compared == 499)
        }
    }

    @Test("a caller that says so ends a replay early")
    func stopped() async throws {
        try await withTemporaryFolder { folder in
            let store = try DivergenceStore(path: "\(folder)/replay.sqlite")
            let path = "\(folder)/long.log"
            let line = #"a.example - - [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.1" 200 1"#
            try Array(repeating: line, count: 10_000).joined(separator: "\n")
                .write(toFile: path, atomically: false, encoding: .utf8)
            var replay = try makeReplay(path, store)
            var positions: [LogReplay.Progress] = []
            try await replay.run(candidate: InMemoryLimiter(bounds: .unbounded)) { progress in
                positions.append(progress)
                return positions.count < 2
            }
            #expect(positions.map(\.requests) == [4096, 8192])
            #expect(replay.judged == 8192)
            #expect(try await store.report().compared == 8192)
        }
    }

    @Test(
        "clients are named by address, network or user",
        arguments: [
            (LogIdentification.client, ["192.0.2.77", "2001:db8:1:2:3::4", "host.example"]),
            (.network, ["192.0.2.0/24", "2001:db8:1:2::/64", "host.example"]),
            (.user, ["ann", "2001:db8:1:2:3::4", "bob"]),
        ])
    func identification(_ identification: LogIdentification, _ names: [String]) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/log"
            let rest = #"[10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.1" 200 1"#
            try ["192.0.2.77 - ann \(rest)", "2001:db8:1:2:3::4 - - \(rest)", "host.example - bob \(rest)"]
                .joined(separator: "\n").write(toFile: path, atomically: false, encoding: .utf8)
            var requests = OrderedRequests(
                reader: try AccessLogReader(path: path), identification: identification, organization: "acme")
            var found: [Identity] = []
            while let (identity, _) = try requests.next() { found.append(identity) }
            #expect(found.map(\.identifier) == names)
            #expect(found.allSatisfy { $0.organization == "acme" })
        }
    }
}
