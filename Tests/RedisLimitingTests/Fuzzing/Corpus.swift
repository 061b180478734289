import Foundation
import Testing

/// What a fuzzer has found, in a folder of `Tests/Fuzzing`: run again by the tests of the target that it fuzzes.
struct Corpus {
    private static let fuzzing = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Fuzzing").standardizedFileURL

    let name: String

    /// Runs every input, and records what is violated.
    func run() throws {
        let folder = Self.fuzzing.appendingPathComponent(name)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(files.count > 100)
        for file in files {
            let bytes = try Data(contentsOf: folder.appendingPathComponent(file))
            do {
                try FuzzTarget.run(Array(bytes))
            } catch {
                Issue.record("\(file): \(error)")
            }
        }
    }
}
