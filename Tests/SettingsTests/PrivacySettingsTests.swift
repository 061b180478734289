import ParallaxTesting
@testable import Settings
import DivergenceStore
import Foundation
import ParallaxCore
import Testing

@Suite struct PrivacySettingsTests {
    private static let secret = "hunter2 hunter2 hunter2 hunter2 "

    /// Loads from an environment in a folder with keys of several kinds; `~` in a value stands for the folder.
    private func load(_ environment: [String: String], _ body: (LoadedSettings) throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            for (name, text, rights) in [
                ("key", Self.secret, 0o640), ("short", "hunter2", 0o600), ("open", Self.secret, 0o644),
            ] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
                try FileManager.default.setAttributes(
                    [.posixPermissions: rights], ofItemAtPath: folder + "/" + name)
            }
            var environment = environment.mapValues { $0.replacingOccurrences(of: "~", with: folder) }
            environment["CONFIG_DIRECTORY"] = folder
            environment["FEATURE_FLAG_FILE"] = folder + "/flags.json"
            environment["DATABASE_PATH"] = folder + "/parallax.sqlite"
            try body(await Settings.load(environment: environment, hostName: "host"))
        }
    }

    @Test("identifiers are recorded as they are unless they are to be hashed, and then under the file's key")
    func makesPseudonyms() async throws {
        try await load([:]) { loaded in
            #expect(loaded.findings.isEmpty)
            let pseudonyms = try loaded.settings.pseudonyms()
            #expect(pseudonyms == nil)
            #expect(try loaded.settings.storedIdentifiers(of: Identity(identifier: "ann")) == ["ann"])
        }
        try await load(["IDENTITY_PRIVACY": "hashed", "IDENTITY_PRIVACY_KEY_FILE": "~/key"]) { loaded in
            #expect(loaded.findings.isEmpty)
            let pseudonyms = try loaded.settings.pseudonyms()
            let caller = try Identity(identifier: "ann")
            let pseudonym = try #require(pseudonyms).rename(caller).identifier
            #expect(try loaded.settings.storedIdentifiers(of: caller) == ["ann", pseudonym])
        }
    }

    @Test(
        "without a usable key nothing starts, and what is said names the setting and no byte of the key",
        arguments: [
            (nil, "IDENTITY_PRIVACY", Finding.Kind.impossibleCombination, "no key"),
            ("~/missing", "IDENTITY_PRIVACY_KEY_FILE", .unusableFile, "missing\" cannot be read"),
            ("~", "IDENTITY_PRIVACY_KEY_FILE", .unusableFile, "cannot be read"),
            ("~/short", "IDENTITY_PRIVACY_KEY_FILE", .unusableFile, "fewer than 32 bytes"),
            ("~/open", "IDENTITY_PRIVACY_KEY_FILE", .unusableFile, "readable by all users"),
        ] as [(String?, String, Finding.Kind, String)])
    func finds(_ file: String?, _ setting: String, _ kind: Finding.Kind, _ part: String) async throws {
        var environment = ["IDENTITY_PRIVACY": "hashed"]
        environment["IDENTITY_PRIVACY_KEY_FILE"] = file
        try await load(environment) { loaded in
            #expect(loaded.errors.map(\.setting) == [setting])
            let finding = try #require(loaded.errors.first)
            #expect(finding.kind == kind)
            #expect(finding.problem.contains(part) && !finding.description.contains("hunter"), "\(finding)")
        }
    }

    @Test("a key that nothing uses is pointed out")
    func findsNeedless() async throws {
        try await load(["IDENTITY_PRIVACY_KEY_FILE": "~/key"]) { loaded in
            #expect(loaded.findings.map(\.kind) == [.noEffect])
            #expect(loaded.errors.isEmpty)
        }
    }
}
