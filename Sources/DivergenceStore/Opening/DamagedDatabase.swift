import Foundation
import ParallaxCore

/// Makes room for a new database without losing anything of a damaged one.
enum DamagedDatabase {
    /// Gives the database and what belongs to it other names in the same folder.
    ///
    /// - Returns: The database's new path.
    /// - Throws: ``DivergenceStoreError`` if the folder may not be written.
    static func moveAside(_ path: String, now: Timestamp) throws -> String {
        let base = "\(path).damaged-\(now.milliseconds)"
        // The database last: if that fails, the next attempt finds it where it was.
        for ending in ["-wal", "-shm", ""] {
            // A link, unlike a renaming, never replaces a file that is there.
            guard link(path + ending, base + ending) == 0, unlink(path + ending) == 0 else {
                if errno == ENOENT, !ending.isEmpty { continue }
                throw DivergenceStoreError(
                    .readOnly,
                    "the damaged database \(path) cannot be moved aside (\(String(cString: strerror(errno)))); move it away yourself, or let the service's user write the folder"
                )
            }
        }
        return base
    }
}
