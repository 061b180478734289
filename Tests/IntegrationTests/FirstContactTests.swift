import Foundation
import ParallaxTesting
import Testing

/// What someone meets who has just cloned the project and calls `make`.
@Suite struct FirstContactTests {
    /// The top of the repository.
    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL

    @Test("a service with the development settings prints at most five lines before the line to try")
    func isQuiet() async throws {
        try await withFolder { folder in
            let errors = folder.appending(path: "errors.log")
            let service = try await ParallaxProcess(
                arguments: ["--embedded-redis"],
                environment: [
                    "CONFIG_DIRECTORY": Self.root.appending(path: "config").path,
                    "DATABASE_PATH": folder.appending(path: "a.sqlite").path,
                    "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path,
                ], logLevel: nil, errors: errors)
            let logged = try String(contentsOf: errors, encoding: .utf8).split(separator: "\n")
            let greeting = service.greeting.split(separator: "\n").filter { !$0.hasPrefix("Try: ") }
            // The connection is made meanwhile: its line comes before or after the greeting.
            let before = logged.filter { !$0.contains("connected to Redis") } + greeting
            #expect(before.count <= 5, "\(before.joined(separator: "\n"))")
            await service.terminate()
        }
    }

    @Test("the binary is built if a source was changed, added or removed, and else SwiftPM is not even asked")
    func buildsWhatChanged() throws {
        try withTemporaryFolder { path in
            let folder = try MakeFolder(path: path, makefile: Self.root.appending(path: "Makefile"))
            #expect(try folder.builds())
            #expect(try !folder.builds())
            try folder.write("Sources/a/b.swift", "changed")
            #expect(try folder.builds())
            #expect(try !folder.builds())
            try folder.write("Sources/a/c.swift", "added")
            #expect(try folder.builds())
            try FileManager.default.removeItem(atPath: "\(path)/Sources/a/c.swift")
            #expect(try folder.builds())
            try folder.write("migrations/001.sql", "changed behind a link")
            #expect(try folder.builds())
            try FileManager.default.removeItem(atPath: "\(path)/.build/release/parallax")
            #expect(try folder.builds())
            #expect(try !folder.builds())
        }
    }

    @Test("a build that failed is tried again")
    func triesAgain() throws {
        try withTemporaryFolder { path in
            let folder = try MakeFolder(path: path, makefile: Self.root.appending(path: "Makefile"))
            try folder.write("fails", "")
            #expect(try folder.builds())
            #expect(try folder.builds())
            try FileManager.default.removeItem(atPath: "\(path)/fails")
            #expect(try folder.builds())
            #expect(try !folder.builds())
        }
    }
}

/// A folder with the project's Makefile and a `swift` that only notes that it was asked to build.
private struct MakeFolder {
    let path: String

    init(path: String, makefile: URL) throws {
        self.path = path
        try FileManager.default.copyItem(at: makefile, to: URL(filePath: "\(path)/Makefile"))
        for folder in ["Sources/a", "migrations", ".ci", "bin"] {
            try FileManager.default.createDirectory(atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
        }
        try write("Sources/a/b.swift", "")
        try write("migrations/001.sql", "")
        try write("Package.swift", "")
        try write("Package.resolved", "")
        try FileManager.default.createSymbolicLink(
            atPath: "\(path)/Sources/a/Migrations", withDestinationPath: "../../migrations")
        try write(".ci/packages", "#!/bin/sh\n", isExecutable: true)
        try write(
            "bin/swift",
            """
            #!/bin/sh
            # Until a file that is changed now counts as newer than the build's start.
            until touch asked && [ -n "$(find asked -newer .build/started)" ]; do :; done
            [ ! -e fails ] || exit 1
            mkdir -p .build/release
            [ -e .build/release/parallax ] || cp bin/swift .build/release/parallax
            """, isExecutable: true)
    }

    func write(_ name: String, _ text: String, isExecutable: Bool = false) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
        if isExecutable {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(path)/\(name)")
        }
    }

    /// Runs `make built`.
    ///
    /// - Returns: Whether it asked SwiftPM to build.
    func builds() throws -> Bool {
        let asked = "\(path)/asked"
        try? FileManager.default.removeItem(atPath: asked)
        let make = Process()
        make.executableURL = URL(filePath: "/usr/bin/env")
        make.arguments = ["make", "--silent", "built"]
        make.currentDirectoryURL = URL(filePath: path)
        make.environment = ["PATH": "\(path)/bin:/usr/bin:/bin"]
        make.standardError = FileHandle.nullDevice
        make.standardOutput = FileHandle.nullDevice
        try make.run()
        make.waitUntilExit()
        return FileManager.default.fileExists(atPath: asked)
    }
}
