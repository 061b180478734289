import Foundation

/// Why traffic could not be read to its end. What was read before stays good.
package struct AccessLogError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The file cannot be opened or read.
        case unreadable
        /// The file begins as gzip does, and ends early or is damaged.
        case damagedGzip = "damaged_gzip"
    }

    package let code: Code
    /// The file at fault.
    package let path: String
    /// What happened, and what to do about it.
    package let message: String

    package init(code: Code, path: String, message: String) {
        self.code = code
        self.path = path
        self.message = message
    }

    package var description: String { "\(path): \(message)" }

    /// An error of the operating system, in its own words.
    static func unreadable(_ path: String, errno code: Int32) -> AccessLogError {
        AccessLogError(code: .unreadable, path: path, message: "cannot be read: \(String(cString: strerror(code)))")
    }
}
