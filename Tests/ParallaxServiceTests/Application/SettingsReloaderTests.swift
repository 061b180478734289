@testable import Settings
import Foundation
import ParallaxCore
import ParallaxTesting
import Testing

@testable import ParallaxService

@Suite struct SettingsReloaderTests {
    private struct Unusable: Error, CustomStringConvertible {
        var description: String { "the file is empty" }
    }

    /// What was put in place, in order.
    private let placed = Replaceable<[String]>([])

    private func load(_ yaml: String, environment: [String: String] = [:]) async throws -> LoadedSettings {
        try await withTemporaryFolder { folder in
            try yaml.write(toFile: folder + "/parallax.yaml", atomically: true, encoding: .utf8)
            var environment = environment
            // Names that do not depend on the folder, which is another one each time.
            environment["FEATURE_FLAG_FILE"] = "/tmp/parallax-flags.json"
            let loaded = await Settings.load(
                environment: environment.merging(["CONFIG_DIRECTORY": folder]) { $1 }, hostName: "host")
            var texts = loaded.texts
            texts["CONFIG_DIRECTORY"] = SecretText("config")
            return LoadedSettings(
                settings: loaded.settings, findings: loaded.findings, origins: loaded.origins, texts: texts)
        }
    }

    private func part(
        _ name: String, _ settings: [Setting], _ change: @escaping @Sendable () throws -> ReloadablePart.Change
    ) -> ReloadablePart {
        ReloadablePart(name: name, settings: settings) { _ in try change() }
    }

    private func placing(_ name: String) -> ReloadablePart.Change {
        .replace { [placed] in placed.replace(with: placed.current + [name]) }
    }

    @Test("what has changed is put in place and named, and what nothing follows needs a restart")
    func names() async throws {
        let reloader = SettingsReloader(
            started: try await load("RATE_LIMIT_PER_MINUTE: 60"),
            parts: [part("organizations", [.perMinute, .perHour]) { placing("limits") }])
        let loaded = try await load("RATE_LIMIT_PER_MINUTE: 61\nRECORD_BUFFER: 7\nTRUSTED_PROXIES: [10.0.0.0/8]")
        let needRestart = ["TRUSTED_PROXIES", "RECORD_BUFFER"]
        #expect(
            reloader.apply(loaded) == .applied(changed: ["RATE_LIMIT_PER_MINUTE"], needRestart: needRestart))
        #expect(placed.current == ["limits"])
        // What takes effect at the next start is named until then; what holds already is not a change.
        #expect(reloader.apply(loaded) == .applied(changed: ["organizations"], needRestart: needRestart))
    }

    @Test("a change that no setting shows has its own name, and no change has none")
    func contents() async throws {
        let loaded = try await load("")
        let changed = SettingsReloader(
            started: loaded, parts: [part("content of A", [.adminTokenFile]) { placing("token") }])
        #expect(changed.apply(loaded) == .applied(changed: ["content of A"], needRestart: []))
        let same = SettingsReloader(started: loaded, parts: [part("content of A", [.adminTokenFile]) { .none }])
        #expect(same.apply(loaded) == .applied(changed: [], needRestart: []))
    }

    @Test("if anything is invalid, everything keeps its value")
    func allOrNothing() async throws {
        let started = try await load("")
        let reloader = SettingsReloader(
            started: started,
            parts: [
                part("a", [.perMinute]) { placing("a") }, part("b", [.redisPasswordFile]) { throw Unusable() },
                part("c", [.perHour]) { placing("c") },
            ])
        #expect(reloader.apply(try await load("RATE_LIMIT_PER_MINUTE: 61")) == .refused(["the file is empty"]))
        guard case .refused(let reasons) = reloader.apply(try await load("RATE_LIMIT_PER_MINUTE: many")) else {
            Issue.record("an invalid limit was applied")
            return
        }
        #expect(reasons.count == 1 && reasons[0].contains("RATE_LIMIT_PER_MINUTE"))
        #expect(placed.current.isEmpty)
    }

    @Test("another environment's limits are never applied to a running instance")
    func otherEnvironment() async throws {
        let reloader = SettingsReloader(
            started: try await load("ENVIRONMENT: staging"), parts: [part("a", [.perMinute]) { placing("a") }])
        let outcome = reloader.apply(try await load("ENVIRONMENT: production"))
        #expect(outcome == .refused(["ENVIRONMENT has changed, which needs a restart"]))
        #expect(placed.current.isEmpty)
    }

    @Test("limits and organizations are replaced as a whole, and a log that would be longer waits for a restart")
    func limits() async throws {
        let book = Replaceable(try await load("RATE_LIMIT_PER_MINUTE: 60").settings.limits.book)
        let part = ReloadablePart.limits([book])
        let raised = try await load("RATE_LIMIT_PER_MINUTE: 61\norganizations: {acme: {second: 5}}").settings
        guard case .replace(let replace) = try part.prepare(raised) else {
            Issue.record("a raised limit is not a change")
            return
        }
        #expect(book.current.policy(for: "acme").windows[1].limit == 60)
        replace()
        #expect(book.current == raised.limits.book)
        guard case .none = try part.prepare(raised) else {
            Issue.record("the same limits are a change")
            return
        }
        let longer = try await load("RATE_LIMIT_BURST_WINDOW: 7200").settings
        guard case .needsRestart = try part.prepare(longer) else {
            Issue.record("a longer log needs no restart")
            return
        }
    }
}
