@testable import FeatureFlags
import ArgumentParser
import CommandSupport
import DivergenceStore
import Foundation
import GRDB
import ParallaxCore
import ParallaxService
import Testing

@testable import parallax

/// `parallax rollback acknowledge` and `history`, and the step forward after them.
@Suite struct AcknowledgementTests {
    private static let evaluation = Evaluation(
        trigger: .redisDown, time: Timestamp(milliseconds: 971_211_336_000), state: .firing, sentence: "down for 121 s")
    private static let latch: RollbackLatch = {
        var latch = RollbackLatch()
        latch.fire(evaluation)
        return latch
    }()
    private static let acknowledgement = Acknowledgement(
        time: Timestamp(milliseconds: 971_211_400_000), by: "ann", reason: "seen")

    private struct Scene {
        let folder: String
        var file: String { folder + "/flags.json" }

        func database(_ name: String) throws -> String {
            let path = "\(folder)/\(name).sqlite"
            try DivergenceStore(path: path).close()
            return path
        }

        func acknowledge(_ arguments: String...) async throws {
            try await RollbackAcknowledge.parse(arguments + ["--file", file, "--by", "ann", "--reason", "seen"]).run()
        }

        func latch(in path: String) async throws -> RollbackLatch {
            try await SQLiteRollbackStore(store: DivergenceStore(readingFrom: path)).loadLatch()
        }

        /// A store of an instance that has rolled back.
        func rolledBack() async throws -> FlagStore {
            let store = FlagStore(path: file, environment: .none, isProduction: false, instance: "a")
            await store.start()
            let rollback = await store.rollBackToLegacy(
                by: RollbackEvaluator.author, reason: "down",
                claim: RollbackClaim(number: .max, latch: AcknowledgementTests.latch))
            guard case .flipped = rollback else { throw CommandFailure(.failure, "\(rollback)") }
            return store
        }
    }

    private func withScene(_ body: (Scene) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try await body(Scene(folder: folder.path))
    }

    @Test("one acknowledgement is enough, on the database of an instance that has not noted the rollback yet")
    func sharedOnly() async throws {
        try await withScene { scene in
            let store = try await scene.rolledBack()
            let path = try scene.database("b")
            try await scene.acknowledge("--database", path)
            let latch = try await scene.latch(in: path)
            #expect(latch.firing == Self.latch.firing && latch.acknowledgement?.by == "ann")
            await store.refresh()
            #expect(store.sharedLatch?.isLatched == false)
        }
    }

    @Test(
        "an acknowledgement says for how long nothing is rolled back, by the latch of its database and by an instance")
    func holdOff() async throws {
        try await withScene { scene in
            let path = try scene.database("a")
            _ = try await SQLiteRollbackStore(store: DivergenceStore(path: path)).changeLatch {
                $0.fire(Self.evaluation)
            }
            let database = DatabaseAcknowledgement(path: path, flags: nil, settings: RollbackSettings())
            let outcome = try await database.record(Self.acknowledgement)
            #expect(outcome.isDone && outcome.holdOffUntil == Self.acknowledgement.time + 900_000)
            let client = AdminClient(baseURL: "http://a", token: "t") { _ in
                AdminClient.Response(
                    status: 200, body: Data(#"{"acknowledged":["redis_down"],"hold_off_until":971212300000}"#.utf8))
            }
            #expect(await client.acknowledge(Self.acknowledgement).holdOffUntil == Self.acknowledgement.time + 900_000)
            #expect(
                RollbackAcknowledge.holdOff(until: Self.acknowledgement.time + 900_000, from: Self.acknowledgement.time)
                    == "Nothing is rolled back automatically for 15 min, until 2000-10-10 21:11:40 UTC; from then on the rollback evaluator acts again."
            )
        }
    }

    @Test("several databases are acknowledged at once, and those that have nothing are not failures")
    func several() async throws {
        try await withScene { scene in
            let paths = try ["a", "b", "c"].map(scene.database)
            for path in paths.prefix(2) {
                _ = try await SQLiteRollbackStore(store: DivergenceStore(path: path)).changeLatch {
                    $0.fire(Self.evaluation)
                }
            }
            try await scene.acknowledge("--database", paths[0], "--database", paths[1], "--database", paths[2])
            for path in paths.prefix(2) { #expect(try await !scene.latch(in: path).isLatched) }
            await #expect(throws: RollbackLatchError.notLatched) {
                try await scene.acknowledge("--database", paths[0], "--database", paths[2])
            }
        }
    }

    @Test(
        "a database that is locked gets the acknowledgement later: it stands next to the flag file",
        .timeLimit(.minutes(1)))
    func locked() async throws {
        try await withScene { scene in
            let store = try await scene.rolledBack()
            let path = try scene.database("a")
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let other = try DatabaseQueue(path: path, configuration: configuration)
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            #expect(try DivergenceStore(readingFrom: path).isWriteLocked)
            try await scene.acknowledge("--database", path)
            try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            #expect(try !DivergenceStore(readingFrom: path).isWriteLocked)
            await store.refresh()
            #expect(store.sharedLatch?.acknowledgement?.by == "ann")
        }
    }

    @Test("the history changes no file of a database that a crash left, and copies of it stay evidence")
    func readsOnly() async throws {
        try await withScene { scene in
            let store = try DivergenceStore(path: scene.folder + "/live.sqlite")
            try await store.setRollbackState("latch", to: "held", at: Self.evaluation.time)
            let path = scene.folder + "/copy.sqlite"
            for ending in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: store.path + ending, toPath: path + ending)
            }
            let contents = { ["", "-wal"].map { FileManager.default.contents(atPath: path + $0) } }
            let before = contents()
            try #require(before[1]?.isEmpty == false)
            try await RollbackHistory.parse(["--database", path, "--file", scene.file]).run()
            #expect(contents() == before)
            try store.close()
        }
    }

    @Test("instances are told by their addresses, and one that has nothing is not a failure")
    func addresses() async throws {
        try await withScene { scene in
            let token = scene.folder + "/token"
            try "secret".write(toFile: token, atomically: true, encoding: .utf8)
            let command = try RollbackAcknowledge.parse([
                "--url", "http://a:1", "--url", "http://b:1", "--admin-token-file", token, "--reason", "seen",
            ])
            let nothing = #"{"error":{"code":"refused","message":"\#(RollbackLatchError.notLatched)"}}"#
            try await command.run { request in
                request.url.hasPrefix("http://a:1/v1/rollback/acknowledge")
                    ? AdminClient.Response(status: 200, body: Data(#"{"acknowledged":["redis_down"]}"#.utf8))
                    : AdminClient.Response(status: 409, body: Data(nothing.utf8))
            }
            let failure = await #expect(throws: CommandFailure.self) {
                try await command.run { request in
                    if request.url.hasPrefix("http://a") { throw AdminClient.TransportFailure.refused }
                    return AdminClient.Response(status: 409, body: Data(nothing.utf8))
                }
            }
            #expect(failure?.status == .unavailable)
        }
    }

    @Test("a step forward waits for an acknowledgement that is on its way, and for none that was not given")
    func onItsWay() throws {
        var cleared = Self.latch
        try cleared.acknowledge(Self.acknowledgement)
        var other = RollbackLatch()
        other.fire(
            Evaluation(
                trigger: .errorRate, time: Self.acknowledgement.time + 1000, state: .firing, sentence: "errors"))
        func waiting(_ latches: [RollbackLatch], shared: RollbackLatch?) -> LatchWait.Waiting? {
            LatchWait.firstWaiting(latches.enumerated().map { ("\($0.offset)", $0.element) }, shared: shared)
        }
        #expect(waiting([cleared], shared: nil) == nil && waiting([cleared], shared: cleared) == nil)
        #expect(waiting([cleared, Self.latch], shared: cleared)?.acknowledgement == Self.acknowledgement)
        #expect(waiting([cleared], shared: Self.latch)?.acknowledgement == Self.acknowledgement)
        #expect(waiting([Self.latch], shared: nil).map { $0.acknowledgement == nil } == true)
        // A later rollback of another instance has no acknowledgement yet.
        #expect(waiting([Self.latch, other], shared: cleared)?.firing == other.firing)
    }

    @Test("a step forward right after the acknowledgement of a database waits until the instance has taken it over")
    func promotesAfter() async throws {
        try await withScene { scene in
            let store = try await scene.rolledBack()
            let path = try scene.database("a")
            let record = SQLiteRollbackStore(store: try DivergenceStore(path: path))
            _ = try await record.changeLatch { $0.fire(Self.evaluation) }
            try await scene.acknowledge("--database", path)
            let stale = try scene.database("b")
            let other = SQLiteRollbackStore(store: try DivergenceStore(path: stale))
            _ = try await other.changeLatch { $0.fire(Self.evaluation) }
            let question = PromotionQuestion(
                stores: try [path, stale].map { try DivergenceStore(readingFrom: $0) }, settings: GateSettings(),
                flags: .defaultValue, circumstances: GateCircumstances(target: .hybrid), now: .init(milliseconds: 0))
            let early = try await LatchWait(question: question, store: store, timeout: .zero).obstacle()
            #expect(early?.contains("\(stale) does not have the acknowledgement by ann yet") == true)
            async let obstacle = LatchWait(question: question, store: store).obstacle()
            _ = try await other.changeLatch { try $0.acknowledge(Self.acknowledgement) }
            #expect(try await obstacle == nil)
        }
    }

    @Test("history lists what another instance has kept next to the flag file, once, with its acknowledgement")
    func history() async throws {
        try await withScene { scene in
            let rollback = Rollback(
                evaluation: Self.evaluation, isDryRun: false, flagsBefore: .defaultValue,
                flagsAfter: FlagUpdate.rollback.applied(to: .defaultValue))
            let kept = KeptRollback(rollback, instance: "pod-7", isHeld: false)
            var cleared = Self.latch
            try cleared.acknowledge(Self.acknowledgement)
            let elsewhere = RollbackEntry.merge(stored: [], kept: [kept], shared: cleared).map(\.text)
            #expect(elsewhere.count == 1)
            #expect(elsewhere[0].hasPrefix("-  2000-10-10 20:55:36 UTC  redis_down  at pod-7\n  down for 121 s"))
            #expect(elsewhere[0].hasSuffix("UTC by ann: seen"))
            let store = try DivergenceStore(path: scene.database("a"))
            try await store.record(rollback)
            let here = RollbackEntry.merge(
                stored: try await store.rollbacks(limit: 9), kept: [kept], shared: Self.latch)
            #expect(here.map(\.id) == [1] && here[0].instance == "pod-7" && here[0].text.contains("not acknowledged"))
            #expect(RollbackHistory.nothing(nil) == "Nothing was rolled back.")
            #expect(RollbackHistory.nothing(Self.latch).contains("down for 121 s"))
        }
    }
}
