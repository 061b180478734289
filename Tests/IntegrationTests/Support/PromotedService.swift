import DivergenceStore
import Foundation
import ParallaxCore
import ParallaxService
import ParallaxTesting

/// An instance of the built binary with its files in one folder, and the commands that an operator runs next to it.
struct PromotedService {
    static let token = "0123456789abcdef-token"

    let folder: URL
    let settings: [String: String]
    let service: ParallaxProcess

    /// - Parameters:
    ///   - settings: In addition to those that say where things are.
    ///   - hasBaseline: Whether the database holds a baseline already, which takes five minutes to learn.
    init(
        in folder: URL, redisURL: String, settings: [String: String] = [:], hasBaseline: Bool = false
    ) async throws {
        self.folder = folder
        let token = folder.appending(path: "token")
        try Data(Self.token.utf8).write(to: token)
        self.settings = [
            "REDIS_URL": redisURL, "CONFIG_DIRECTORY": folder.path, "INSTANCE_ID": "instance-a",
            "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path,
            "DATABASE_PATH": folder.appending(path: "a.sqlite").path, "ADMIN_TOKEN_FILE": token.path,
            "ROLLBACK_EVALUATION_INTERVAL": "1", "RECORD_FLUSH_INTERVAL": "0.1",
        ].merging(settings) { $1 }
        if hasBaseline { try await Self.keepBaseline(in: folder.appending(path: "a.sqlite").path) }
        service = try await ParallaxProcess(environment: self.settings)
    }

    /// Keeps what an instance in legacy would have learned up to now.
    private static func keepBaseline(in path: String) async throws {
        let store = try DivergenceStore(path: path)
        let (settings, now) = (RollbackSettings(), Timestamp.now())
        var samples = LatencyHistogram()
        for _ in 0..<settings.baselineMinimumSamples { samples.record(.milliseconds(1)) }
        var baseline = Baseline()
        baseline.learn(samples, at: now + -Int64(settings.baselineMinimumSeconds) * 1000, settings: settings)
        baseline.learn(samples, at: now, settings: settings)
        try await SQLiteRollbackStore(store: store).save(baseline)
        try store.close()
    }

    private init(folder: URL, settings: [String: String], service: ParallaxProcess) {
        (self.folder, self.settings, self.service) = (folder, settings, service)
    }

    /// Another process on the same files.
    func restarted(_ changes: [String: String] = [:]) async throws -> PromotedService {
        let settings = settings.merging(changes) { $1 }
        return PromotedService(
            folder: folder, settings: settings, service: try await ParallaxProcess(environment: settings))
    }

    func run(_ arguments: String..., with changes: [String: String] = [:]) async throws -> ParallaxBinary.Output {
        try await ParallaxBinary.run(arguments, environment: settings.merging(changes) { $1 })
    }

    func drill(_ arguments: String...) async throws -> ParallaxBinary.Output {
        try await ParallaxBinary.run(
            ["rollback", "drill", "--by", "ann", "--url", service.url] + arguments, environment: settings)
    }

    /// Posts to an admin route.
    func admin(_ path: String, _ body: String) async throws -> ParallaxProcess.Response {
        try await service.post(path, headers: ["Authorization": "Bearer \(Self.token)"], body)
    }

    var strategy: String? {
        get async throws {
            let health = try await service.get("/health").json()
            let security = health["security"] as? [String: Any]
            return (security?["middleware_status"] as? [String: Any])?["migration_strategy"] as? String
        }
    }

    var flagFile: Data { get throws { try Data(contentsOf: folder.appending(path: "flags.json")) } }

    /// Waits until an evaluation has found Redis well: before, a gate may say no for another reason than a test's.
    func untilRedisIsWell() async throws {
        try await eventually("Redis is well") {
            let triggers = try await service.get("/health").json()["triggers"] as? [[String: Any]] ?? []
            return triggers.contains { $0["trigger"] as? String == "redis_down" && $0["state"] as? String == "ok" }
        }
    }

    /// Waits until health shows how large the database is, which it looks at every ten seconds.
    func untilSizeIsKnown() async throws {
        try await eventually("the size of the database is known") {
            let recorder = try await service.get("/health").json()["recorder"] as? [String: Any]
            return recorder?["used_bytes"] != nil
        }
    }

    /// Waits until the newest change of the history has a reason: what is written to disk may come after the change.
    func untilHistory(says reason: (String) -> Bool) async throws {
        try await eventually("the change is in the history") {
            (try await history().first?["reason"] as? String).map(reason) == true
        }
    }

    /// The history, the newest change first.
    func history() async throws -> [[String: Any]] {
        let output = try await run("flags", "history", "--json")
        return try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? [[String: Any]] ?? []
    }
}
