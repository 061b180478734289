@testable import FeatureFlags
import Foundation
import ParallaxCore
import Testing

/// What we write, held against flagd's public schema, where a copy of it is at hand.
@Suite struct FlagSchemaTests {
    /// A folder with flags.json and targeting.json as flagd.dev serves them: they are not ours to keep here, and no package
    /// that could be installed brings them.
    private static let folder = ProcessInfo.processInfo.environment["FLAGD_SCHEMA_FOLDER"]

    @Test(
        "every file that is written passes the public schema, and what it refuses is named",
        .enabled(
            if: folder != nil,
            "FLAGD_SCHEMA_FOLDER names no folder with flagd's schema; FlagFormatTests checks its rules without it"),
        .timeLimit(.minutes(3)))
    func schema() async throws {
        let schema = try #require(Self.folder)
        try await withFolder { folder in
            let python = try await OpenFeatureEnvironment.require(in: folder, packages: ["jsonschema==4.26.0"])
            let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let shipped = try Data(contentsOf: root.appending(path: "config/feature-flags.json"))
            let file = try FlagDefinitionFile(parsing: Array(shipped), fallback: .defaultValue)
            let declaration = FlagDeclaration(by: "ann", reason: "\u{1f600} \"why\"", changedAt: "t", number: 7)
            var update = FlagUpdate.rollback
            update.enforcementPercent = 33.3
            let sound = [
                Array(shipped), FlagDefinitionFile.canonical(.defaultValue, declaration: declaration).bytes,
                try file.applying(update, declaration: declaration).bytes,
            ]
            let faulty = [
                #"{"flags": {"a": {"state": "ENABLED", "variants": {"x": 1, "y": true}}}}"#,
                #"{"flags": {"a": {"state": "ENABLED", "variants": {}}}}"#,
                #"{"flags": {}, "metadata": {"a": {}}}"#, #"{"metadata": {}}"#,
            ]
            var paths: [String] = []
            for (number, bytes) in (sound + faulty.map { Array($0.utf8) }).enumerated() {
                let path = folder.appending(path: "\(number).json")
                try Data(bytes).write(to: path)
                paths.append(path.path)
            }
            let lines = try await python.run("validate_flags.py", [schema] + paths).split(separator: "\n")
            try #require(lines.count == paths.count, "\(lines)")
            #expect(lines.prefix(sound.count).allSatisfy { $0 == "ok" }, "\(lines)")
            #expect(!lines.dropFirst(sound.count).contains("ok"), "\(lines)")
        }
    }
}
