import Foundation
import Testing

/// The texts in `Tests/IntegrationTests/Golden`: what the binary prints and answers, as it was reviewed.
enum Golden {
    private static let folder = testFolder.appending(path: "Golden")

    /// Whether texts that differ are written instead of only reported.
    private static var isRenewing: Bool { ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" }

    /// Expects a text to be the one in the file of this name, byte for byte.
    ///
    /// With `UPDATE_GOLDEN=1` a file that differs is rewritten, and the test fails all the same: no run passes on what it
    /// has just written.
    static func expect(_ text: String, is name: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let kept = read(name)
        guard kept != Array(terminated(text).utf8) else { return }
        guard isRenewing else {
            let difference = UnifiedDiff(
                old: String(decoding: kept ?? [], as: UTF8.self), new: terminated(text),
                oldName: "Golden/\(name)", newName: "now")
            Issue.record(
                """
                \(kept == nil ? "There is no Golden/\(name)." : "The output is not Golden/\(name).")
                \(difference.text)
                If this is wanted: UPDATE_GOLDEN=1 swift test --filter Golden, and review the change (docs/testing.md).
                """, sourceLocation: sourceLocation)
            return
        }
        do {
            try write(terminated(text), name)
            Issue.record("Golden/\(name) was rewritten; review it and run again.", sourceLocation: sourceLocation)
        } catch {
            Issue.record("Golden/\(name) cannot be written: \(error)", sourceLocation: sourceLocation)
        }
    }

    /// Expects a text to become the one in the file within ten seconds: a running service gets there by events of its own.
    static func expectEventually(
        _ name: String, sourceLocation: SourceLocation = #_sourceLocation, _ make: () async throws -> String
    ) async throws {
        var text = try await make()
        if isRenewing {
            text = try await settled(text, make)
        } else {
            let deadline = ContinuousClock.now + .seconds(10)
            while read(name) != Array(terminated(text).utf8), .now < deadline {
                try await Task.sleep(for: .milliseconds(50))
                text = try await make()
            }
        }
        expect(text, is: name, sourceLocation: sourceLocation)
    }

    /// The text once it has stayed the same for three seconds.
    private static func settled(_ first: String, _ make: () async throws -> String) async throws -> String {
        var (text, since) = (first, ContinuousClock.now)
        while .now - since < .seconds(3) {
            try await Task.sleep(for: .milliseconds(100))
            let next = try await make()
            if next != text { (text, since) = (next, .now) }
        }
        return text
    }

    /// Bytes, since two strings are equal in Swift whose bytes are not.
    private static func read(_ name: String) -> [UInt8]? {
        (try? Data(contentsOf: folder.appending(path: name))).map(Array.init)
    }

    private static func write(_ text: String, _ name: String) throws {
        let file = folder.appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private static func terminated(_ text: String) -> String { text.utf8.last == 0x0A ? text : text + "\n" }
}

/// `Tests/IntegrationTests` in the sources.
let testFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
