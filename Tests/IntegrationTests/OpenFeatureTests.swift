@testable import FeatureFlags
import Foundation
import ParallaxCore
import ParallaxService
import ParallaxTesting
import RedisLimiting
import Testing

/// What an application sees that reads the flag file through OpenFeature, in Python, with a client that no one here wrote.
@Suite struct OpenFeatureTests {
    /// A file as people write it: a rule in one flag, a flag of someone else's, and a key of theirs in the metadata.
    private static let withRule = """
        {
          "$schema": "https://flagd.dev/schema/v0/flags.json",
          "metadata": {"team": "checkout", "version": "7"},
          "flags": {
            "DISTRIBUTED_RATE_LIMITING_ENABLED": {
              "state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on",
              "targeting": {"fractional": [["on", 50], ["off", 50]]}
            },
            "HYBRID_RATE_LIMITING": {
              "state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"
            },
            "new-basket": {
              "state": "ENABLED", "variants": {"blue": "#00f", "red": "#f00"}, "defaultVariant": "blue",
              "metadata": {"owner": "basket"}
            }
          }
        }

        """

    /// A flag file in a folder, an application that reads it, and the writer that the evaluator writes through.
    private struct Scene {
        let file: URL
        let client: OpenFeatureClient
        let store: FlagStore

        init(_ environment: OpenFeatureEnvironment, folder: URL) async throws {
            file = folder.appending(path: "flags.json")
            try Data(OpenFeatureTests.withRule.utf8).write(to: file)
            client = try OpenFeatureClient(environment, flagFile: file.path)
            store = FlagStore(path: file.path, environment: .none, isProduction: false)
            await store.start()
            try await client.waitUntil("the rule") { $0.error == nil && $0.enabledForAll == nil }
        }

        /// Rolls back as the evaluator does, and reports how long it took until the application saw that.
        func rollBack(_ what: String) async throws {
            await store.refresh()
            let start = Date().timeIntervalSince1970
            guard case .flipped = await store.rollBackToLegacy(by: RollbackEvaluator.author, reason: what) else {
                throw NeverCame(what: "a flip: \(what)")
            }
            let sight = try await client.waitUntil(what) { $0.enabledForAll == false }
            OpenFeatureTests.report(what, from: start, to: sight.time)
        }
    }

    private static func report(_ what: String, from start: Double, to end: Double) {
        print("OpenFeature client, \(what): seen after \(Int(((end - start) * 1000).rounded())) ms")
    }

    @Test("an application sees every flip, whatever stood in the file before", .timeLimit(.minutes(5)))
    func flips() async throws {
        try await withFolder { folder in
            let environment = try await OpenFeatureEnvironment.require(in: folder)
            let scene = try await Scene(environment, folder: folder)
            #expect(scene.client.all.last?.percent == -1, "a flag that is not in the file has the code's default")

            try await scene.rollBack("a rollback over a percentage rule")
            try await scene.store.set(
                FlagUpdate(distributedEnabled: true, enforcementPercent: 12.5), by: "test", reason: "next phase")
            try await scene.client.waitUntil("a share") { $0.enabledForAll == true && $0.percent == 12.5 }
            try await scene.rollBack("a rollback over what was set")

            try await older(scene)
            try await manyFlips(scene)
            try await replacedUnreadable(scene)
            let text = try String(contentsOf: scene.file, encoding: .utf8)
            #expect(text.contains("parallax.number"))
        }
    }

    /// A backup with its old times is put back, as `cp -p` does, over a file whose time lies in the future. This client does
    /// not see that itself, since it looks at newer files only; it must see the rollback.
    private func older(_ scene: Scene) async throws {
        try await scene.store.set(FlagUpdate(distributedEnabled: true), by: "test", reason: "again")
        try put(FlagDefinitionFile.canonical(.defaultValue).bytes, age: -3600, at: scene.file)
        await scene.store.refresh()
        try await scene.client.waitUntil("a file from the future") { $0.enabledForAll == true && $0.percent == 0 }
        try put(Array(Self.withRule.utf8), age: 86_400, at: scene.file)
        try await scene.rollBack("a rollback over a restored backup with older times")
    }

    /// Replaces a file by one with a time of its own, in one step.
    private func put(_ bytes: [UInt8], age seconds: Double, at file: URL) throws {
        let aside = file.deletingLastPathComponent().appending(path: "aside")
        try Data(bytes).write(to: aside)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -seconds)], ofItemAtPath: aside.path)
        guard rename(aside.path, file.path) == 0 else { throw NeverCame(what: "a renamed file") }
    }

    private func manyFlips(_ scene: Scene) async throws {
        for number in 1...500 {
            try await scene.store.set(
                FlagUpdate(distributedEnabled: number.isMultiple(of: 2), enforcementPercent: Double(number % 100)),
                by: "test", reason: "flip \(number)")
        }
        try await scene.client.waitUntil("the last of 500 flips") { $0.enabledForAll == true && $0.percent == 0 }
        #expect(scene.client.all.allSatisfy { $0.error == nil }, "no flip was read half written")
        try await scene.rollBack("a rollback after 500 flips in a row")
    }

    /// Garbage keeps the application at what it knew; the rollback replaces it.
    private func replacedUnreadable(_ scene: Scene) async throws {
        try await scene.store.set(FlagUpdate(distributedEnabled: true), by: "test", reason: "once more")
        try await scene.client.waitUntil("the distributed limiter") { $0.enabledForAll == true }
        try Data("garbage".utf8).write(to: scene.file)
        try await scene.rollBack("a rollback over garbage")
    }

    @Test("an application sees the evaluator's own flip, and a restore", .timeLimit(.minutes(5)))
    func evaluator() async throws {
        try await withFolder { folder in
            let environment = try await OpenFeatureEnvironment.require(in: folder)
            try await withPrivateRedis { redis in
                let scene = try await Scene(environment, folder: folder)
                let settings = [
                    "REDIS_URL": redis.url.description, "FEATURE_FLAG_FILE": scene.file.path,
                    "CONFIG_DIRECTORY": folder.path, "DATABASE_PATH": folder.appending(path: "a.sqlite").path,
                    "ROLLBACK_REDIS_DOWN_SECONDS": "2", "ROLLBACK_EVALUATION_INTERVAL": "1",
                ]
                let instance = try await ParallaxProcess(
                    environment: settings, errors: folder.appending(path: "log.txt"))
                try await eventually("Redis is healthy") {
                    try await instance.get("/health").body.contains("\"state\":\"healthy\"")
                }
                await redis.kill()
                let flip = try await scene.client.waitUntil("the evaluator's flip") { $0.enabledForAll == false }
                Self.report(
                    "a flip by the evaluator over a percentage rule", from: try modified(scene.file), to: flip.time)

                let output = try await ParallaxBinary.run(
                    ["flags", "restore", "1", "--by", "test", "--reason", "back"], environment: settings)
                try #require(output.status == 0, "\(output.errors)")
                let restore = try await scene.client.waitUntil("the restore") { $0.enabledForAll == true }
                Self.report("a restore", from: try modified(scene.file), to: restore.time)
                #expect(await instance.terminate() == 0)
            }
        }
    }

    private func modified(_ file: URL) throws -> Double {
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        return try #require(attributes[.modificationDate] as? Date).timeIntervalSince1970
    }
}
