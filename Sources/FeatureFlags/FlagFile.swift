import Crypto
import Foundation
import Glibc
import ParallaxCore

/// A flag file on disk: read whole, and replaced whole.
///
/// Every call blocks the thread that makes it.
package struct FlagFile: Sendable {
    /// As the settings give it; symbolic links on the way are followed again at each call.
    package let path: String
    /// What writing fails with; `nil` asks the file system. Tests use it for media that cannot be written.
    private(set) var writeFault: @Sendable () -> SystemCallError? = { nil }

    package init(path: String) {
        self.path = path
    }

    /// - Parameter writeFault: What writing fails with; `nil` asks the file system.
    init(path: String, writeFault: @escaping @Sendable () -> SystemCallError?) {
        self.path = path
        self.writeFault = writeFault
    }

    struct Content: Equatable, Sendable {
        let bytes: [UInt8]
        /// Nanoseconds since the Unix epoch.
        let modificationTime: Int64
    }

    /// Reads the file by its content, whatever its times say.
    ///
    /// - Throws: ``FlagFileError``: missing, or unreadable.
    func read() throws(FlagFileError) -> Content {
        do {
            // Without O_NONBLOCK a pipe in the file's place would hold us up for good.
            let file = try OpenFile(path, O_RDONLY | O_NONBLOCK)
            let status = try file.status()
            guard status.isRegular else {
                throw FlagFileError(
                    .unreadable, "flag file \(path) is a folder or a device; put a file in its place")
            }
            let limit = FlagDefinitionFile.maximumBytes
            let bytes = status.bytes > limit ? nil : try file.read(atMost: limit + 1)
            guard let bytes, bytes.count <= limit else {
                throw FlagFileError(
                    .unreadable, "flag file \(path) has more than \(limit) bytes; put a flag file in its place")
            }
            return Content(bytes: bytes, modificationTime: status.modificationTime)
        } catch let error as SystemCallError {
            throw FlagFileError(error, doing: "read", path: path)
        } catch {
            throw error as? FlagFileError ?? FlagFileError(.failed, "\(error)")
        }
    }

    /// Makes the folder that the file is to stand in.
    func createFolder() throws(FlagFileError) {
        do {
            try FileManager.default.createDirectory(
                atPath: FlagFile.split(path).folder, withIntermediateDirectories: true)
        } catch {
            throw FlagFileError(
                .forbidden, "cannot make the folder of flag file \(path); make it, or set FEATURE_FLAG_FILE elsewhere")
        }
    }

    /// The SHA-256 of a content in lower-case hexadecimal.
    package static func hash(_ bytes: [UInt8]) -> String {
        Hexadecimal.encode(SHA256.hash(data: bytes))
    }

    package static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.utf8.index(after: slash)...]))
    }
}
