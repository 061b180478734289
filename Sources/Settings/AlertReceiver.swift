import Foundation
package import RedisLimiting

/// Where alerts are sent: an address in Alertmanager's v2 form, and what opens it.
///
/// Its description shows neither: an address may hold a password in any of its parts.
package struct AlertReceiver: Equatable, Sendable {
    /// Alertmanager's path, for an address that has none.
    private static let defaultPath = "/api/v2/alerts"

    /// The whole address, without user and password.
    package let url: String
    /// The value of the header `Authorization`; `nil` if none is needed.
    package let authorization: String?

    /// - Parameters:
    ///   - text: Such as `https://user:password@alerts.internal:9093`; without a path Alertmanager's is taken.
    ///   - token: A bearer token; `nil` for none.
    /// - Throws: ``AlertReceiverError``, which quotes nothing of the address.
    package init(_ text: SecretText, token: AlertToken?) throws(AlertReceiverError) {
        guard var parts = URLComponents(string: text.revealed) else { throw .notAnAddress }
        guard let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme) else { throw .notAnAddress }
        guard let host = parts.host, !host.isEmpty else { throw .notAnAddress }
        let login = parts.user.map { "\($0):\(parts.password ?? "")" }
        if login != nil, token != nil { throw .twoLogins }
        (parts.user, parts.password, parts.fragment) = (nil, nil, nil)
        if parts.path.isEmpty || parts.path == "/" { parts.path = Self.defaultPath }
        guard let url = parts.string else { throw .notAnAddress }
        self.url = url
        authorization =
            login.map { "Basic " + Data($0.utf8).base64EncodedString() } ?? token.map { "Bearer " + $0.revealed }
    }
}

extension AlertReceiver: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(hidden)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Why an address is of no use. Never quotes it.
package enum AlertReceiverError: Error, Equatable, CustomStringConvertible {
    case notAnAddress
    case twoLogins

    package var description: String {
        switch self {
        case .notAnAddress: "holds an address that is not one of http or https with a host"
        case .twoLogins: "holds a user, and there is a token too"
        }
    }

    /// What the operator has to do.
    package var remedy: String {
        switch self {
        case .notAnAddress: "write it like http://alertmanager:9093"
        case .twoLogins: "remove the user from the address, or ALERT_TOKEN_FILE from the settings"
        }
    }
}

/// The bearer token of alert receivers, from a file.
package struct AlertToken: Sendable {
    let revealed: String

    /// Reads the token, without the blanks and line ends around it.
    ///
    /// - Throws: ``SecretFileError`` naming the file, and nothing of what it holds.
    package init(file path: String) throws(SecretFileError) {
        revealed = try SecretFile.read(path, as: .token)
    }
}

extension AlertToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(hidden)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
