import Foundation
import Testing

@testable import Replay

/// What the fuzzer of access logs has found, run again: `Tests/Fuzzing` tells how it is kept.
@Suite struct LogCorpusTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Fuzzing/LogCorpus").standardizedFileURL

    @Test("nothing that must hold is violated by any log of the fuzzer's corpus")
    func holds() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
        #expect(files.count > 100)
        for file in files {
            let bytes = try Data(contentsOf: Self.folder.appendingPathComponent(file))
            do {
                try AccessLogTarget.run(Array(bytes))
            } catch {
                Issue.record("\(file): \(error)")
            }
        }
    }
}
