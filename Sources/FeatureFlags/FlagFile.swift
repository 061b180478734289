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
            // Without O_NONBLOCK a pipe instead of the file would block the open forever.
            let file = try OpenFile(path, O_RDONLY | O_NONBLOCK)
            let status = try file.status()
            guard status.isRegular else {
                throw FlagFileError(
                    .unreadable, "flag file \(path) is a folder or a device; replace it by a file")
            }
            let limit = FlagDefinitionFile.maximumBytes
            let bytes = status.bytes > limit ? nil : try file.read(atMost: limit + 1)
            guard let bytes, bytes.count <= limit else {
                throw FlagFileError(
                    .unreadable, "flag file \(path) has more than \(limit) bytes; replace it by a flag file")
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

/// Why a flag file could not be read or written. The message names the file and the remedy.
package struct FlagFileError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case missing
        /// It is there but cannot be read: a folder, too large, no permission.
        case unreadable
        /// Its content is not a valid flag file, or cannot be edited.
        case invalid
        /// Its folder or file system does not let us write.
        case forbidden
        /// The disk is full, or failed.
        case failed
        /// Another program changed it between reading and writing.
        case changedMeanwhile = "changed_meanwhile"
        /// An evaluator decided on what is past: it must decide again.
        case superseded
        /// Another evaluator is writing a rollback.
        case leased
        /// What was asked for makes no sense.
        case badRequest = "bad_request"
    }

    package let code: Code
    package let message: String
    /// Whether the same may work in a moment.
    package var canRetry: Bool { code == .changedMeanwhile || code == .failed }

    package var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ error: FlagDefinitionError, path: String) {
        self.init(.invalid, "flag file \(path): \(error)")
    }

    /// What a system call's error means for a flag file.
    init(_ error: SystemCallError, doing deed: String, path: String) {
        let (code, remedy) = FlagFileError.remedy(error.number)
        self.init(code, "cannot \(deed) flag file \(path): \(error); \(remedy)")
    }

    private static func remedy(_ number: CInt) -> (Code, String) {
        switch number {
        case ENOENT, ENOTDIR:
            (.missing, "create it, or set FEATURE_FLAG_FILE to where it is")
        case EACCES, EPERM:
            (.forbidden, "let the user that runs this read the file and write in its folder")
        case EROFS:
            (.forbidden, "mount its folder for writing, or set FEATURE_FLAG_FILE to a path that can be written")
        case EBUSY:
            (
                .forbidden,
                "it is mounted as a single file, which nothing can replace, and which does not show what others rename onto "
                    + "it: mount its folder instead"
            )
        case ENOSPC, EDQUOT:
            (.failed, "free space on its disk")
        case ENAMETOOLONG:
            (.forbidden, "give the file a shorter name: a temporary file next to it has a longer one")
        case ELOOP:
            (.unreadable, "fix its symbolic links, which form a loop")
        case EISDIR:
            (.unreadable, "it is a folder: remove it")
        default:
            (.failed, "check its disk")
        }
    }
}

/// A system call failed.
struct SystemCallError: Error, Equatable, CustomStringConvertible {
    let number: CInt

    /// The calling thread's last error.
    static var last: SystemCallError { SystemCallError(number: errno) }

    var description: String { String(cString: strerror(number)) }
}
