@testable import FeatureFlags
import Foundation
import ParallaxCore
import ParallaxService
import ParallaxTesting
import RedisLimiting
import Testing

/// A running service whose flag file other programs write, in every way that they do: what it does, and what health
/// shows.
@Suite struct WrittenByOthersTests {
    /// A running instance and the file that it follows.
    private struct Scene {
        let folder: URL
        let file: URL
        let instance: ParallaxProcess

        /// What health says of the flags.
        func flags() async throws -> (state: String?, strategy: String?, problem: String?, invalidReads: Int) {
            let health = try await instance.get("/health").json()
            let flags = health["flags"] as? [String: Any]
            let middleware = (health["security"] as? [String: Any])?["middleware_status"] as? [String: Any]
            return (
                flags?["state"] as? String, middleware?["migration_strategy"] as? String,
                flags?["problem"] as? String, flags?["invalid_reads"] as? Int ?? -1
            )
        }

        /// Waits until the flags are good and of a strategy.
        func follows(_ strategy: Strategy, _ what: String) async throws {
            try await eventually("\(strategy.rawValue) after \(what)") {
                let flags = try await flags()
                return flags.state == "valid" && flags.strategy == strategy.rawValue
            }
        }

        /// Does something bad to the file; the service must keep the strategy, say what is wrong, and answer callers.
        func keeps(_ strategy: Strategy, despite what: String, problem: String, _ deed: () throws -> Void) async throws
        {
            let before = try await flags().invalidReads
            try deed()
            try await eventually("what is wrong with a file that is \(what)") {
                let flags = try await flags()
                return flags.state == "last_good" && flags.problem?.contains(problem) == true
                    && flags.invalidReads > before
            }
            #expect(try await flags().strategy == strategy.rawValue, "\(what)")
            #expect(try await instance.check("alice", cost: 0).status == 200, "\(what)")
            try await eventually("degraded, and serving, despite \(what)") {
                let health = try await instance.get("/health")
                return health.status == 200 && health.body.contains("\"status\":\"degraded\"")
            }
            #expect(try await instance.get("/metrics").body.contains("parallax_flag_file_valid 0"), "\(what)")
        }

        func rename(_ values: FlagValues) throws {
            try Data(FlagDefinitionFile.canonical(values).bytes).write(to: file, options: .atomic)
        }
    }

    private static let legacy = FlagUpdate.rollback.applied(to: .defaultValue)
    private static let distributed = FlagUpdate(hybrid: false).applied(to: .defaultValue)

    private func withScene(_ body: (Scene) async throws -> Void) async throws {
        try await withFolder(inMemory: true) { folder in
            try await withPrivateRedis { redis in
                let file = folder.appending(path: "flags/flags.json")
                let instance = try await ParallaxProcess(
                    environment: [
                        "REDIS_URL": redis.url.description, "FEATURE_FLAG_FILE": file.path,
                        "CONFIG_DIRECTORY": folder.path, "DATABASE_PATH": folder.appending(path: "a.sqlite").path,
                        "REDIS_DECISION_TIMEOUT": "5",
                    ], errors: folder.appending(path: "log.txt"))
                let scene = Scene(folder: folder.appending(path: "flags"), file: file, instance: instance)
                try await scene.follows(.hybrid, "the start")
                try await body(scene)
                #expect(await instance.terminate() == 0)
            }
        }
    }

    @Test("edited by hand, replaced, truncated, emptied, deleted and restored", .timeLimit(.minutes(3)))
    func edited() async throws {
        try await withScene { scene in
            let text = try String(contentsOf: scene.file, encoding: .utf8)
            // As an editor does that writes in place; nothing else of the file is as we would write it.
            let byHand = text.replacing("\"HYBRID_RATE_LIMITING\": {", with: "\"HYBRID_RATE_LIMITING\":   {\n")
                .replacing("\"defaultVariant\": \"on\"", with: "\"defaultVariant\": \"off\"", maxReplacements: 1)
            try Data(byHand.utf8).write(to: scene.file)
            try await scene.follows(.legacy, "an edit in place")
            try scene.rename(Self.distributed)
            try await scene.follows(.distributedOnly, "a rename over it")

            let bytes = FlagDefinitionFile.canonical(Self.legacy).bytes
            try await scene.keeps(.distributedOnly, despite: "truncated half way", problem: "line") {
                try Data(bytes.prefix(bytes.count / 2)).write(to: scene.file)
            }
            try await scene.keeps(.distributedOnly, despite: "empty", problem: "flags.json") {
                try Data().write(to: scene.file)
            }
            try Data(bytes).write(to: scene.file)
            try await scene.follows(.legacy, "its end was written")
            try await scene.keeps(.legacy, despite: "deleted", problem: "create it") {
                try FileManager.default.removeItem(at: scene.file)
            }
            try scene.rename(.defaultValue)
            try await scene.follows(.hybrid, "it was restored")
        }
    }

    @Test("made unreadable, ten megabytes of garbage", .timeLimit(.minutes(3)))
    func unreadable() async throws {
        try await withScene { scene in
            try await scene.keeps(.hybrid, despite: "garbage", problem: "bytes") {
                try Data(repeating: UInt8(ascii: "{"), count: 10_000_000).write(to: scene.file, options: .atomic)
            }
            try await scene.keeps(.hybrid, despite: "garbage that is small enough to be read", problem: "flags.json") {
                try Data((0..<1_000_000).map { UInt8($0 % 251) }).write(to: scene.file, options: .atomic)
            }
            try await scene.keeps(.hybrid, despite: "a folder", problem: "folder") {
                try FileManager.default.removeItem(at: scene.file)
                try FileManager.default.createDirectory(at: scene.file, withIntermediateDirectories: false)
            }
            try await scene.keeps(.hybrid, despite: "a dangling link", problem: "create it") {
                try FileManager.default.removeItem(at: scene.file)
                try FileManager.default.createSymbolicLink(
                    atPath: scene.file.path, withDestinationPath: "nowhere.json")
            }
            try await scene.keeps(.hybrid, despite: "a link to itself", problem: "loop") {
                try FileManager.default.removeItem(at: scene.file)
                try FileManager.default.createSymbolicLink(
                    atPath: scene.file.path, withDestinationPath: "flags.json")
            }
            // Root may read every file; the test can show nothing then.
            try FileManager.default.removeItem(at: scene.file)
            if geteuid() != 0 {
                try await scene.keeps(.hybrid, despite: "forbidden", problem: "let the user") {
                    try scene.rename(Self.legacy)
                    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: scene.file.path)
                }
                try FileManager.default.removeItem(at: scene.file)
            }
            try scene.rename(Self.legacy)
            try await scene.follows(.legacy, "it can be read again")
        }
    }

    @Test("swapped as Kubernetes swaps a mounted map, to newer and to older files", .timeLimit(.minutes(3)))
    func swapped() async throws {
        try await withScene { scene in
            let files = FileManager.default
            for (name, values, age) in [
                ("..1", FlagValues.defaultValue, 0.0), ("..2", Self.legacy, -3600), ("..3", Self.distributed, 86_400),
            ] {
                let path = scene.folder.appending(path: name).path
                try files.createDirectory(atPath: path, withIntermediateDirectories: false)
                try Data(FlagDefinitionFile.canonical(values).bytes).write(to: URL(filePath: path + "/flags.json"))
                try files.setAttributes(
                    [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: path + "/flags.json")
            }
            func point(to name: String) throws {
                let link = scene.folder.appending(path: "..data_tmp").path
                try files.createSymbolicLink(atPath: link, withDestinationPath: name)
                guard rename(link, scene.folder.appending(path: "..data").path) == 0 else {
                    throw NeverCame(what: "a renamed link")
                }
            }
            try point(to: "..1")
            try files.removeItem(at: scene.file)
            try files.createSymbolicLink(atPath: scene.file.path, withDestinationPath: "..data/flags.json")
            for (name, strategy) in [
                ("..2", Strategy.legacy), ("..3", .distributedOnly), ("..1", .hybrid), ("..3", .distributedOnly),
                ("..2", .legacy),
            ] {
                try point(to: name)
                try await scene.follows(strategy, "a swap to \(name)")
            }
        }
    }

    @Test("flipped ten thousand times in a row", .timeLimit(.minutes(5)))
    func flipped() async throws {
        try await withScene { scene in
            let (on, off) = (
                Data(FlagDefinitionFile.canonical(.defaultValue).bytes),
                Data(FlagDefinitionFile.canonical(Self.legacy).bytes)
            )
            for number in 1...10_000 {
                try (number.isMultiple(of: 2) ? on : off).write(to: scene.file, options: .atomic)
            }
            try off.write(to: scene.file, options: .atomic)
            try await scene.follows(.legacy, "ten thousand flips")
            #expect(try await scene.flags().invalidReads == 0, "no flip was read half written")
            #expect(try await scene.instance.check("alice", cost: 0).status == 200)
        }
    }
}
