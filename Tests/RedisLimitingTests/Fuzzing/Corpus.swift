import Foundation
import ParallaxTesting
import Testing

/// What a fuzzer has found, in an archive of `Tests/Fuzzing`: run again by the tests of the target that it fuzzes.
struct Corpus {
    private static let fuzzing = URL(filePath: #filePath).appending(path: "../../../Fuzzing").standardizedFileURL

    let name: String

    /// Runs every input, and records what is violated.
    func run() throws {
        try withTemporaryFolder { folder in
            try unpack(into: folder)
            let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(files.count > 100)
            for file in files {
                let bytes = try Data(contentsOf: URL(filePath: "\(folder)/\(file)"))
                do {
                    try FuzzTarget.run(Array(bytes))
                } catch {
                    Issue.record("\(file): \(error)")
                }
            }
        }
    }

    private func unpack(into folder: String) throws {
        let archive = Self.fuzzing.appending(path: "\(name).tar").path
        let tar = try Process.run(
            URL(filePath: "/usr/bin/env"), arguments: ["tar", "--extract", "--file", archive, "--directory", folder])
        tar.waitUntilExit()
        try #require(tar.terminationStatus == 0, "\(archive) cannot be unpacked")
    }
}
