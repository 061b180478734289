import Foundation
import ParallaxCore

/// Makes room for a new database without losing anything of a damaged one.
enum DamagedDatabase {
    /// Gives the database and what belongs to it other names in the same folder. If that fails, it stays as it was.
    ///
    /// - Returns: The database's new path.
    /// - Throws: ``DivergenceStoreError`` if the folder may not be written.
    static func moveAside(_ path: String, now: Timestamp) throws -> String {
        let base = "\(path).damaged-\(now.milliseconds)"
        // The database first: without its -wal it would be opened as one that lacks its last commits.
        var moved: [String] = []
        for ending in ["", "-wal", "-shm"] {
            guard FileMove.move(path + ending, to: base + ending) else {
                let reason = errno
                if reason == ENOENT, !ending.isEmpty { continue }
                for ending in moved.reversed() { _ = FileMove.move(base + ending, to: path + ending) }
                throw DivergenceStoreError(
                    .readOnly,
                    "the damaged database \(path) cannot be moved aside (\(String(cString: strerror(reason)))); move it away yourself, or let the service's user write the folder"
                )
            }
            moved.append(ending)
        }
        return base
    }
}
