import ParallaxTesting
@testable import Settings
import Foundation
import Testing

@Suite struct AlertSettingsTests {
    /// Loads from an environment in a folder with two token files; `~` in a value stands for the folder.
    private func load(_ environment: [String: String], _ body: (LoadedSettings) throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            for (name, text) in [("token", "hunter2-token\n"), ("lines", "hunter2\nX-Evil: 1")] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
                chmod(folder + "/" + name, 0o600)
            }
            var environment = environment.mapValues { $0.replacingOccurrences(of: "~", with: folder) }
            environment["CONFIG_DIRECTORY"] = folder
            environment["FEATURE_FLAG_FILE"] = folder + "/flags.json"
            environment["DATABASE_PATH"] = folder + "/parallax.sqlite"
            try body(await Settings.load(environment: environment, hostName: "host"))
        }
    }

    @Test("several receivers share one token, and without any no alert is sent")
    func receivers() async throws {
        try await load([:]) { loaded in
            #expect(loaded.findings.isEmpty)
            let receivers = try loaded.settings.alertReceivers()
            #expect(receivers.isEmpty)
        }
        try await load(["ALERT_URLS": "http://a:9093, http://b/hook", "ALERT_TOKEN_FILE": "~/token"]) { loaded in
            #expect(loaded.findings.isEmpty)
            let receivers = try loaded.settings.alertReceivers()
            #expect(receivers.map(\.url) == ["http://a:9093/api/v2/alerts", "http://b/hook"])
            #expect(receivers.allSatisfy { $0.authorization == "Bearer hunter2-token" })
        }
    }

    @Test(
        "what cannot work is found before the start, and nothing secret is quoted",
        arguments: [
            (["ALERT_URLS": "hunter2"], "ALERT_URLS"),
            (["ALERT_URLS": "http://a:hunter2@b", "ALERT_TOKEN_FILE": "~/token"], "ALERT_URLS"),
            (["ALERT_URLS": "http://a", "ALERT_TOKEN_FILE": "~/missing"], "ALERT_TOKEN_FILE"),
            (["ALERT_URLS": "http://a", "ALERT_TOKEN_FILE": "~/lines"], "ALERT_TOKEN_FILE"),
            (["ALERT_REFUSAL_PERCENT": "101"], "ALERT_REFUSAL_PERCENT"),
        ] as [([String: String], String)])
    func finds(_ environment: [String: String], _ setting: String) async throws {
        try await load(environment) { loaded in
            #expect(loaded.errors.map(\.setting) == [setting])
            for finding in loaded.findings { #expect(!finding.description.contains("hunter2"), "\(finding)") }
        }
    }

    @Test("a token without receivers is worth a warning")
    func needless() async throws {
        try await load(["ALERT_TOKEN_FILE": "~/token"]) { loaded in
            #expect(loaded.errors.isEmpty && loaded.findings.map(\.setting) == ["ALERT_TOKEN_FILE"])
        }
    }
}
