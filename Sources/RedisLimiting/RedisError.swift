package import ParallaxCore

/// Why Redis gave no usable answer.
package struct RedisError: Error, Equatable, Sendable {
    package enum Code: String, Sendable {
        /// No answer within the caller's deadline or the socket time-out.
        case timedOut
        /// The connection could not be made, or broke.
        case disconnected
        /// The circuit breaker is open; Redis was not asked.
        case circuitOpen
        /// Too many commands waited already; Redis was not asked.
        case skipped
        /// The caller gave up.
        case cancelled
        /// Redis is loading its data, or a replica has lost its primary.
        case loading
        /// Redis refuses writes.
        case readOnly
        /// The cluster does not serve the key's slot.
        case clusterDown
        /// Redis refused the credentials or the right to run a command.
        case unauthorized
        /// Redis does not hold the script.
        case noScript
        /// Redis answered with another error.
        case server
        /// The bytes received are not valid RESP2, or an answer no one asked for.
        case protocolViolation
        /// A setting is at fault, such as a file of certificates that cannot be read.
        case configuration
    }

    package let code: Code
    /// What went wrong and what to do, without secrets, identities or control characters.
    package let message: String
    /// What the layer below said.
    package let cause: String?
    /// Where the server says that the command belongs instead; it did not carry it out.
    package let redirection: Redirection?
    /// Whether another server may have taken over the part of the one that answered, and its address may lead there by
    /// now.
    package let isOfSuperseded: Bool

    package init(
        _ code: Code, _ message: String, cause: String? = nil, redirection: Redirection? = nil,
        isOfSuperseded: Bool = false
    ) {
        self.code = code
        self.message = message
        self.cause = cause
        self.redirection = redirection
        self.isOfSuperseded = isOfSuperseded
    }

    /// Whether the same command can succeed later without anyone changing a setting.
    package var isTransient: Bool {
        switch code {
        case .timedOut, .disconnected, .circuitOpen, .skipped, .loading, .readOnly, .clusterDown, .noScript: true
        case .cancelled, .unauthorized, .server, .protocolViolation, .configuration: false
        }
    }

    /// Whether Redis answered at once and refused its user certain keys only: other keys may be answered.
    package var concernsKeys: Bool {
        guard code == .unauthorized, let cause else { return false }
        return cause.contains("access") && cause.contains("key")
    }

    /// The reason as a decision carries it.
    package var unavailability: Unavailability {
        switch code {
        case .timedOut, .cancelled: .timedOut
        case .disconnected: .disconnected
        case .circuitOpen: .circuitOpen
        case .skipped: .skipped
        case .loading: .loading
        case .readOnly: .readOnly
        case .clusterDown: .clusterDown
        case .unauthorized: .unauthorized
        case .noScript, .server, .protocolViolation, .configuration: .error
        }
    }
}

extension RedisError: CustomStringConvertible {
    package var description: String {
        cause.map { "\(message) (\(code.rawValue): \($0))" } ?? "\(message) (\(code.rawValue))"
    }
}
