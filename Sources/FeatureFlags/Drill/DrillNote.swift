package import Foundation
package import ParallaxCore

/// A file next to the flag file while a drill has it at legacy: enough for any instance to restore it.
///
/// A drill restores nothing if the note is gone: an operator who removes it keeps the flags as they are.
package struct DrillNote: Codable, Equatable, Sendable {
    /// Tells drills apart.
    package let id: String
    package let by: String
    package let reason: String
    /// The name of the instance that drills.
    package let instance: String
    package let began: Timestamp
    /// When it is over at the latest: a note from before is that of a drill that was interrupted.
    package let until: Timestamp
    /// The whole file as it was.
    package let content: Data

    package init(
        id: String, by: String, reason: String, instance: String, began: Timestamp, until: Timestamp, content: Data
    ) {
        self.id = id
        self.by = by
        self.reason = reason
        self.instance = instance
        self.began = began
        self.until = until
        self.content = content
    }

    /// What the flip says of itself, in the file and in the history.
    package var flipReason: String { RollbackDrill.flipReason(by: by, reason) }
    package var restoreReason: String { "end of the drill by \(by): the flags are as they were" }

    /// Whether a file's content is what the drill has made of the file, and nothing else: another program that changed
    /// it may have left the drill's declaration standing.
    func isFlip(_ file: FlagDefinitionFile, fallback: FlagValues) -> Bool {
        guard let declaration = file.declaration, declaration.by == RollbackDrill.author,
            let before = try? FlagDefinitionFile(parsing: Array(content), fallback: fallback),
            let flipped = try? before.applying(.rollback, declaration: declaration)
        else { return false }
        return flipped.bytes == file.bytes
    }
}
