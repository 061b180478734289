@testable import FeatureFlags
import Foundation
import Logging
import ParallaxCore
import ServiceLifecycle
import Synchronization
import Testing

@testable import ParallaxService

@Suite struct DrillServiceTests {
    /// A drill service on a real file, in a time that moves when it is told to.
    private final class World: Sendable {
        let store: FlagStore
        let log = CapturedLog()
        let milliseconds = Mutex<Int64>(1_800_000_000_000)
        let saved = Mutex<[RollbackDrill]>([])
        let health = Mutex(RollbackHealth.quiet)
        let saveFails = Mutex(false)

        struct Locked: Error {}

        init(_ folder: FlagFolder) async throws {
            try folder.writeAtomically(.distributed)
            store = await folder.startedStore()
        }

        func makeService(_ instance: String = "a") -> DrillService {
            DrillService(
                flags: store, rollback: { self.health.withLock { $0 } },
                save: { drill in
                    if self.saveFails.withLock({ $0 }) { throw Locked() }
                    self.saved.withLock { $0.append(drill) }
                }, instance: instance, logger: log.logger,
                now: { Timestamp(milliseconds: self.milliseconds.withLock { $0 }) })
        }

        func advance(seconds: Int64) { milliseconds.withLock { $0 += seconds * 1000 } }
    }

    private static func with(_ body: (World) async throws -> Void) async throws {
        try await FlagFolder.with { try await body(World($0)) }
    }

    @Test("a drill names the instances that were watched and those that share the file and were not")
    func heard() async throws {
        try await Self.with { world in
            for name in ["a", "b", "c"] {
                let store = FlagStore(
                    path: world.store.health.path, environment: .none, isProduction: false, instance: name,
                    now: { Timestamp(milliseconds: 1_800_000_000_000) })
                await store.start()
            }
            let service = world.makeService()
            _ = try await service.begin(by: "ann", reason: "monthly")
            #expect(try await service.end() == .restored)
            let drill = try await service.record(
                appliedMilliseconds: 12, restoredMilliseconds: 34, instances: 2, heard: ["a", "b"])
            #expect(drill.heard == ["a", "b"] && drill.unheard == ["c"])
        }
    }

    @Test("a drill that ends in order is recorded once, with who asked and what was seen")
    func records() async throws {
        try await Self.with { world in
            let service = world.makeService()
            _ = try await service.begin(by: " ann\u{1b} ", reason: "monthly\n")
            #expect(world.store.current.strategy == .legacy && service.alert?.by == "ann")
            world.advance(seconds: 1)
            #expect(try await service.end() == .restored)
            #expect(world.store.current.strategy == .distributedOnly)
            let drill = try await service.record(
                appliedMilliseconds: 12, restoredMilliseconds: 34, instances: 2, heard: [])
            #expect(
                drill
                    == RollbackDrill(
                        time: Timestamp(milliseconds: 1_800_000_001_000), by: "ann", reason: "monthly",
                        appliedMilliseconds: 12, restoredMilliseconds: 34, instances: 2))
            #expect(world.saved.withLock { $0 } == [drill])
            await #expect(throws: DrillRefusal.self) {
                _ = try await service.record(appliedMilliseconds: 1, restoredMilliseconds: 1, instances: 1, heard: [])
            }
        }
    }

    @Test("while a rollback is latched or a trigger fires nothing is drilled, and the reason is named")
    func refuses() async throws {
        try await Self.with { world in
            let service = world.makeService()
            let firing = try #require(RollbackLatch.Firing.sample(.errorRate, "8 %", at: Timestamp(milliseconds: 1)))
            world.health.withLock { $0 = .quiet(latch: .latched(firing)) }
            let latched = await #expect(throws: DrillRefusal.self) { _ = try await service.begin(by: "a", reason: "r") }
            #expect(latched?.reason.contains("rollback acknowledge") == true)
            world.health.withLock { $0 = .quiet(firing: .redisDown) }
            let firingNow = await #expect(throws: DrillRefusal.self) {
                _ = try await service.begin(by: "a", reason: "r")
            }
            #expect(firingNow?.reason.contains("redis_down is firing") == true)
            #expect(world.store.current.strategy == .distributedOnly && service.alert == nil)
            world.health.withLock { $0 = .quiet(outage: "no good run for 4 s") }
            let down = await #expect(throws: DrillRefusal.self) { _ = try await service.begin(by: "a", reason: "r") }
            #expect(down?.reason.contains("Redis is down (no good run for 4 s)") == true)
            #expect(world.store.current.strategy == .distributedOnly)
            world.health.withLock { $0 = .quiet }
            await #expect(throws: DrillRefusal.self) { _ = try await service.begin(by: " ", reason: "r") }
            await #expect(throws: DrillRefusal.self) { _ = try await service.end() }
        }
    }

    @Test("a drill during which Redis went down is not noted for the gate")
    func outageDuring() async throws {
        try await Self.with { world in
            let service = world.makeService()
            _ = try await service.begin(by: "ann", reason: "r")
            world.health.withLock { $0 = .quiet(outage: "no good run for 1 s") }
            #expect(try await service.end() == .restored)
            let refusal = await #expect(throws: DrillRefusal.self) {
                _ = try await service.record(appliedMilliseconds: 1, restoredMilliseconds: 1, instances: 1, heard: [])
            }
            #expect(refusal?.reason.contains("not noted for the gate") == true)
            #expect(world.saved.withLock { $0.isEmpty })
        }
    }

    @Test("a drill without an end request ends by itself after half a minute, and does not count")
    func endsByItself() async throws {
        try await Self.with { world in
            let service = world.makeService()
            _ = try await service.begin(by: "ann", reason: "r")
            world.advance(seconds: 29)
            await service.endAbandonedDrills()
            #expect(world.store.current.strategy == .legacy)
            world.advance(seconds: 1)
            await service.endAbandonedDrills()
            #expect(world.store.current.strategy == .distributedOnly)
            #expect(world.log.lines(.warning).count == 1)
            await #expect(throws: DrillRefusal.self) {
                _ = try await service.record(appliedMilliseconds: 1, restoredMilliseconds: 1, instances: 1, heard: [])
            }
        }
    }

    @Test("a later process of the same instance ends an interrupted drill at once, other instances when it is overdue")
    func interrupted() async throws {
        for (instance, patience) in [("a", Int64(0)), ("b", 35)] {
            try await Self.with { world in
                _ = try await world.makeService().begin(by: "ann", reason: "r")
                let other = world.makeService(instance)
                if patience > 0 {
                    world.advance(seconds: patience - 1)
                    await other.endAbandonedDrills()
                    #expect(world.store.current.strategy == .legacy)
                    world.advance(seconds: 1)
                }
                await other.endAbandonedDrills()
                #expect(world.store.current.strategy == .distributedOnly)
            }
        }
    }

    @Test("a service that shuts down in the middle of a drill puts the flags back first")
    func shutdown() async throws {
        try await Self.with { world in
            let service = world.makeService()
            let group = ServiceGroup(
                services: [service], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            try await withThrowingTaskGroup { tasks in
                tasks.addTask { try await group.run() }
                _ = try await service.begin(by: "ann", reason: "r")
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
            #expect(world.store.current.strategy == .distributedOnly)
        }
    }

    @Test("a drill is told for some seconds after its end, so that the shortest is seen")
    func afterglow() async throws {
        try await Self.with { world in
            let service = world.makeService()
            _ = try await service.begin(by: "ann", reason: "r")
            _ = try await service.end()
            world.advance(seconds: 2)
            #expect(service.alert != nil)
            world.advance(seconds: 1)
            #expect(service.alert == nil)
        }
    }

    @Test("a drill that cannot be recorded is tried again")
    func recordFails() async throws {
        try await Self.with { world in
            let service = world.makeService()
            _ = try await service.begin(by: "ann", reason: "r")
            _ = try await service.end()
            world.saveFails.withLock { $0 = true }
            await #expect(throws: DrillRefusal.self) {
                _ = try await service.record(appliedMilliseconds: 1, restoredMilliseconds: 1, instances: 1, heard: [])
            }
            world.saveFails.withLock { $0 = false }
            _ = try await service.record(appliedMilliseconds: 1, restoredMilliseconds: 1, instances: 1, heard: [])
            #expect(world.saved.withLock { $0.count } == 1)
        }
    }
}

extension RollbackHealth {
    static let quiet = quiet()

    static func quiet(
        latch: RollbackLatch.State = .armed, firing: Trigger? = nil, outage: String? = nil
    ) -> RollbackHealth {
        let evaluations = firing.map {
            [Evaluation(trigger: $0, time: Timestamp(milliseconds: 1), state: .firing, sentence: "s")]
        }
        return RollbackHealth(
            evaluations: evaluations ?? [], latch: latch, outage: outage, lastRollback: nil, acknowledgement: nil,
            baselines: [:],
            unrecorded: 0, droppedEvaluations: 0, isRestored: true)
    }
}

extension RollbackLatch.Firing {
    /// What a latch holds after a trigger fired.
    static func sample(_ trigger: Trigger, _ sentence: String, at time: Timestamp) -> RollbackLatch.Firing? {
        var latch = RollbackLatch()
        latch.fire(Evaluation(trigger: trigger, time: time, state: .firing, sentence: sentence))
        return latch.firing
    }
}
