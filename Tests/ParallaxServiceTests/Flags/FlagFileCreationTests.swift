@testable import FeatureFlags
import Foundation
import ParallaxCore
import Testing

@testable import ParallaxService

/// A flag file that cannot be made when the service starts.
@Suite struct FlagFileCreationTests {
    private func environment() throws -> EnvironmentFlags { try EnvironmentFlags(fallback: .distributed) }

    @Test("what keeps the file from being made shows, and it is made once that has gone")
    func madeLater() async throws {
        try await FlagFolder.with { folder in
            let canWrite = SharedFileWorld.Mutable(false)
            let store = try await folder.startedStore(environment: environment(), instance: "a", canWrite: canWrite)
            #expect(store.health.state == .missing && !store.health.isHealthy)
            let problem = try #require(store.health.problem)
            #expect(problem.contains(folder.path) && problem.contains("cannot be made"))
            #expect(problem.contains("mount its folder for writing"))
            await store.refresh()
            #expect(store.health.problem == problem)

            canWrite.value = true
            folder.clock.advance(seconds: 2)
            await store.refresh()
            #expect(store.health.state == .ok && store.health.problem == nil)
            #expect(store.health.file == .distributed)
            #expect(folder.history.changes.map(\.by) == [FlagStore.ownName])
        }
    }

    @Test("it is tried again after pauses that grow to half a minute, and not at every reading")
    func pauses() async throws {
        try await FlagFolder.with { folder in
            let attempts = SharedFileWorld.Mutable(0)
            let file = FlagFile(path: folder.path) {
                attempts.value += 1
                return SystemCallError(number: ENOSPC)
            }
            let store = FlagStore(
                file: file, environment: try environment(), isProduction: false, history: nil, instance: nil,
                now: folder.clock.now, uptime: folder.clock.uptime)
            await store.start()
            for _ in 0..<600 {
                folder.clock.advance(seconds: 1)
                await store.refresh()
            }
            // At the start, after 1, 2, 4, 8, 16 s, and from then on every 30 s.
            #expect((20...30).contains(attempts.value))
            #expect(store.health.problem?.contains("free space") == true)
        }
    }

    @Test("a file that another program makes meanwhile is taken, and one that vanishes later is not made again")
    func others() async throws {
        try await FlagFolder.with { folder in
            let canWrite = SharedFileWorld.Mutable(false)
            let store = try await folder.startedStore(environment: environment(), instance: "a", canWrite: canWrite)
            try folder.writeAtomically(.legacy)
            await store.refresh()
            #expect(store.health.state == .ok && store.health.file == .legacy)

            canWrite.value = true
            try FileManager.default.removeItem(atPath: folder.path)
            folder.clock.advance(seconds: 600)
            await store.refresh()
            #expect(store.health.state == .missing && store.health.file == .legacy)
            #expect(!FileManager.default.fileExists(atPath: folder.path))
        }
    }
}
