import Testing

@testable import ParallaxService

/// Crashes, restarts, edits, full disks, locked databases and acknowledgements in any order.
@Suite struct RollbackModelTests {
    @Test("a rollback survives whatever happens to one instance", arguments: UInt64(1)...20)
    func oneInstance(seed: UInt64) async throws {
        try await run(instances: 1, seed: seed)
    }

    @Test("a rollback survives whatever happens to instances that share a file", arguments: UInt64(101)...106)
    func threeInstances(seed: UInt64) async throws {
        try await run(instances: 3, seed: seed)
    }

    private func run(instances: Int, seed: UInt64) async throws {
        try await FlagFolder.with { folder in
            let model = try await RollbackModel(instances: instances, seed: seed, in: folder)
            for _ in 0..<2 {
                try await model.run(events: 40)
                try await model.settle()
            }
        }
    }
}
