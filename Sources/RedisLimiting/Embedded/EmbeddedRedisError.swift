/// Why a private Redis server could not be started.
package struct EmbeddedRedisError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case notInstalled
        case noFolder
        case noProcess
        case noPort
        /// It ended, or did not answer in time.
        case notAnswering
    }

    package let code: Code
    package let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
