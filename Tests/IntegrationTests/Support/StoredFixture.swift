import Foundation

/// A copy of `Tests/IntegrationTests/Fixtures`: databases and a flag folder that an earlier binary has written, and
/// commands that read them at the moment at which they were written.
struct StoredFixture {
    static let original = testFolder.appending(path: "Fixtures")
    static let token = "0123456789abcdef-token"

    /// The clock of commands, which stands still, in UTC: the instances of the fixture have just written their status.
    static let moment =
        (try? String(contentsOf: original.appending(path: "moment.txt"), encoding: .utf8))?
        .trimmingCharacters(in: .whitespacesAndNewlines) ?? ""

    let folder: URL

    /// Runs a test on a copy, so that no test sees what another has written.
    static func withCopy<Result>(_ body: (StoredFixture) async throws -> Result) async throws -> Result {
        try await withFolder { parent in
            let folder = parent.appending(path: "stored")
            try FileManager.default.copyItem(at: original, to: folder)
            try Data(token.utf8).write(to: folder.appending(path: "token"))
            let fixture = StoredFixture(folder: folder)
            try await fixture.migrate()
            return try await body(fixture)
        }
    }

    /// Brings the copies to today's schema, as an operator does after an upgrade: commands that only read do not.
    private func migrate() async throws {
        for name in ["a.sqlite", "b.sqlite", "held.sqlite"] {
            _ = try await ParallaxBinary.run(
                ["migrate"],
                environment: settings.merging(["DATABASE_PATH": path(name)]) { $1 }.merging(Self.clock(Self.moment)) {
                    $1
                })
        }
    }

    var settings: [String: String] {
        [
            "CONFIG_DIRECTORY": folder.path, "DATABASE_PATH": path("a.sqlite"), "FEATURE_FLAG_FILE": path("flags.json"),
            "INSTANCE_ID": "instance-a", "ADMIN_TOKEN_FILE": path("token"), "TZ": "UTC",
        ]
    }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    var volatile: VolatileText { VolatileText(known: [(folder.path, "<folder>")]) }

    /// Runs a command while the wall clock stands still.
    func run(_ arguments: [String]) async throws -> ParallaxBinary.Output {
        let output = try await ParallaxBinary.run(
            arguments, environment: settings.merging(Self.clock(Self.moment)) { $1 })
        guard !output.errors.contains("cannot be preloaded") else { throw NoFakedClock() }
        return output
    }

    /// A wall clock that stands still, by Debian's libfaketime, for commands that wait for nothing.
    ///
    /// - Parameter moment: A time in UTC.
    static func clock(_ moment: String) -> [String: String] {
        [
            "LD_PRELOAD": "/usr/$LIB/faketime/libfaketime.so.1", "FAKETIME": moment,
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC",
        ]
    }

    /// The content of a file of the copy.
    func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }
}

/// Debian's libfaketime is not installed; `.ci/packages` installs it.
struct NoFakedClock: Error {}
