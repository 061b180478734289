import Glibc
import ParallaxCore

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
