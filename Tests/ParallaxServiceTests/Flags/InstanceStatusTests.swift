@testable import FeatureFlags
import Foundation
import ParallaxCore
import Testing

@testable import ParallaxService

@Suite struct InstanceStatusTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    private static func status(
        hash: String? = "h", strategy: String = "hybrid", isHeld: Bool = false, age milliseconds: Int64 = 0
    ) -> InstanceStatus {
        InstanceStatus(
            instance: "a", contentHash: hash, since: now, strategy: strategy, state: "ok", isHeldAtLegacy: isHeld,
            time: now + -milliseconds)
    }

    @Test(
        "an instance is behind if it has another content, and silent if it has written nothing for a minute",
        arguments: [
            (status(), .current), (status(hash: "other"), .behind), (status(hash: nil), .behind),
            (status(strategy: "legacy"), .deviating), (status(strategy: "legacy", isHeld: true), .deviating),
            (status(age: 60_000), .current), (status(age: 60_001), .silent),
            (status(hash: "other", age: 60_001), .silent),
            // A clock that is ahead: seen in the future.
            (status(age: -3_600_000), .current),
        ] as [(InstanceStatus, InstanceStatus.Agreement)])
    func agreement(status: InstanceStatus, agreement: InstanceStatus.Agreement) {
        #expect(status.agreement(contentHash: "h", strategy: .hybrid, at: Self.now) == agreement)
    }

    @Test("no instance is behind an invalid file")
    func noFile() {
        #expect(Self.status().agreement(contentHash: nil, strategy: .hybrid, at: Self.now) == .current)
    }

    @Test("each instance says what it has applied, at once after a change and every ten seconds")
    func posts() async throws {
        try await FlagFolder.with { folder in
            let first = await folder.startedStore(instance: "host-1:8080")
            let second = await folder.startedStore(instance: "../host 2/\u{1f600}")
            let person = await folder.startedStore()
            #expect(await person.instances().map(\.instance) == ["../host 2/\u{1f600}", "host-1:8080"])
            #expect(await person.instances().allSatisfy { $0.contentHash == first.health.contentHash })

            try await person.set(.rollback, by: "ann", reason: "test")
            await first.refresh()
            let told = await person.instances()
            #expect(told.first { $0.instance == "host-1:8080" }?.strategy == "legacy")
            let behind = try #require(told.first { $0.instance != "host-1:8080" })
            #expect(
                behind.agreement(
                    contentHash: person.health.contentHash, strategy: .legacy, at: behind.time) == .behind)

            let before = try #require(await person.instances().last)
            await first.refresh()
            #expect(await person.instances().last == before, "what is said already is not said again at once")
            folder.clock.advance(seconds: 11)
            await first.refresh()
            let after = try #require(await person.instances().last)
            #expect(after.time > before.time && after.since == before.since)
            #expect(try folder.others() == [])
            _ = second
        }
    }

    @Test("an instance takes its word back as it goes, and one that vanished is forgotten after an hour")
    func forgets() async throws {
        try await FlagFolder.with { folder in
            let vanishing = await folder.startedStore(instance: "vanishing")
            let leaving = await folder.startedStore(instance: "leaving")
            let staying = await folder.startedStore(instance: "staying")
            _ = vanishing
            await leaving.withdraw()
            #expect(await staying.instances().map(\.instance) == ["staying", "vanishing"])
            folder.clock.advance(seconds: 3500)
            await staying.refresh()
            #expect(await staying.instances().map(\.instance) == ["staying", "vanishing"])
            folder.clock.advance(seconds: 120)
            await staying.refresh()
            #expect(await staying.instances().map(\.instance) == ["staying"])
        }
    }

    @Test("an instance whose file is invalid says so, and keeps saying what it holds")
    func broken() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore(instance: "a")
            let hash = store.health.contentHash
            try folder.write("garbage")
            await store.refresh()
            let status = try #require(await store.instances().first)
            #expect(status.state == "invalid" && status.contentHash == hash && status.strategy == "hybrid")
        }
    }

    @Test("where nothing can be said, health tells, and it is tried again every ten seconds")
    func cannotPost() async throws {
        try await FlagFolder.with { folder in
            let side = CoordinationFolder(beside: folder.path).path
            try Data().write(to: URL(filePath: side))
            let store = await folder.startedStore(instance: "a")
            #expect(store.health.notes.contains { $0.contains("cannot be written") })
            #expect(store.health.isHealthy)
            try FileManager.default.removeItem(atPath: side)
            await store.refresh()
            #expect(await store.instances() == [])
            folder.clock.advance(seconds: 11)
            await store.refresh()
            #expect(await store.instances().map(\.instance) == ["a"])
            #expect(store.health.notes == [])
        }
    }
}
