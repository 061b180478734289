import Crypto
import Foundation

/// A secret that opens routes. Only its hash is kept.
package struct BearerToken: Equatable, Sendable {
    /// The fewest bytes of a token: what can be guessed is no secret.
    package static let minimumBytes = 16

    private let digest: SHA256.Digest

    /// - Throws: ``BearerTokenError`` where the token is too short.
    package init(_ token: String) throws(BearerTokenError) {
        guard token.utf8.count >= Self.minimumBytes else { throw .tooShort }
        digest = SHA256.hash(data: Data(token.utf8))
    }

    /// Reads the token from a file, without the blanks and line ends around it.
    package init(file path: String) throws(BearerTokenError) {
        guard let data = FileManager.default.contents(atPath: path) else { throw .unreadable(path: path) }
        guard let text = String(validating: data, as: UTF8.self) else { throw .notText(path: path) }
        try self.init(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Whether an `Authorization` header carries the token.
    ///
    /// Hashes are compared, and all their bytes: the time taken tells nothing about how much of a guess was right.
    func matches(authorization: String?) -> Bool {
        let scheme = "bearer "
        guard let authorization, authorization.prefix(scheme.count).lowercased() == scheme else { return false }
        let token = authorization.dropFirst(scheme.count)
        return Self.areEqual(SHA256.hash(data: Data(token.utf8)), digest)
    }

    private static func areEqual(_ left: SHA256.Digest, _ right: SHA256.Digest) -> Bool {
        var difference: UInt8 = 0
        for (a, b) in zip(left, right) { difference |= a ^ b }
        return difference == 0
    }
}

/// Why there is no usable token. Never says what the token is.
package enum BearerTokenError: Error, Equatable, CustomStringConvertible {
    case unreadable(path: String)
    case notText(path: String)
    case tooShort

    package var description: String {
        switch self {
        case .unreadable(let path): "the file \(QuotedText(path)) cannot be read"
        case .notText(let path): "the file \(QuotedText(path)) holds no text in UTF-8"
        case .tooShort: "the token has fewer than \(BearerToken.minimumBytes) bytes"
        }
    }
}
