import Foundation
import Glibc
import ParallaxCore

/// The note of a drill, in a file next to the flag file so that every instance and command that sees the one sees the
/// other.
extension FlagStore {
    private static let noteLimit = 4 << 20

    /// The drill that has the flags at legacy, or was interrupted while it had; `nil` if there is none.
    package func drillNote() async -> DrillNote? {
        await onQueue { self.readDrillNote() }
    }

    /// Takes the note away, so that the drill does not put the flags back.
    ///
    /// - Returns: The note; `nil` if there is no drill.
    @discardableResult
    package func abandonDrill() async -> DrillNote? {
        await onQueue {
            let note = self.readDrillNote()
            if note != nil { self.removeDrillNote() }
            return note
        }
    }

    // MARK: On the store's queue

    func readDrillNote() -> DrillNote? {
        guard let path = notePath, let file = try? OpenFile(path, O_RDONLY | O_NONBLOCK),
            let status = try? file.status(),
            status.isRegular, status.bytes <= Self.noteLimit, let bytes = try? file.read(atMost: Self.noteLimit)
        else { return nil }
        return try? JSONDecoder().decode(DrillNote.self, from: Data(bytes))
    }

    /// Leaves the note, on the disk when this returns.
    func writeDrillNote(_ note: DrillNote) throws(FlagFileError) {
        guard let path = notePath else {
            throw FlagFileError(.missing, "flag file \(file.path) cannot be found; a drill needs it")
        }
        do {
            let temporary = "\(path).\(getpid()).tmp"
            defer { unlink(temporary) }
            unlink(temporary)
            let output = try OpenFile(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, permissions: 0o644)
            try output.write(Array(JSONEncoder().encode(note)))
            try output.synchronize()
            guard rename(temporary, path) == 0 else { throw SystemCallError.last }
            synchronizeFolder(of: path)
        } catch let error as SystemCallError {
            throw FlagFileError(error, doing: "write the note of a drill next to", path: file.path)
        } catch {
            throw FlagFileError(.failed, "\(error)")
        }
    }

    func removeDrillNote() {
        guard let path = notePath else { return }
        unlink(path)
        synchronizeFolder(of: path)
    }

    private func synchronizeFolder(of path: String) {
        if let folder = try? OpenFile(FlagFile.split(path).folder, O_RDONLY | O_DIRECTORY) { try? folder.synchronize() }
    }

    private var notePath: String? {
        guard let target = try? file.resolved() else { return nil }
        let (folder, name) = FlagFile.split(target)
        return "\(folder)/.\(name).drill"
    }
}
