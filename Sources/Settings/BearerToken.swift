import Crypto
import Foundation
package import RedisLimiting

/// A secret that opens routes. Only its hash is kept.
package struct BearerToken: Equatable, Sendable {
    /// The fewest bytes of a token: what can be guessed is not a secret.
    package static let minimumBytes = 16

    private let digest: SHA256.Digest

    /// - Throws: ``BearerTokenError`` if the token is too short.
    package init(_ token: String) throws(BearerTokenError) {
        guard token.utf8.count >= Self.minimumBytes else { throw .tooShort }
        digest = SHA256.hash(data: Data(token.utf8))
    }

    /// Reads the token from a file, without the blanks and line ends around it.
    package init(file path: String) throws(SecretFileError) {
        digest = SHA256.hash(data: Data(try SecretFile.read(path, as: .token, minimumBytes: Self.minimumBytes).utf8))
    }

    /// Whether an `Authorization` header carries the token.
    ///
    /// Hashes are compared, and all their bytes: the time taken tells nothing about how much of a guess was right.
    package func matches(authorization: String?) -> Bool {
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

/// Why a text is not a usable token. Never says what the token is.
package enum BearerTokenError: Error, Equatable, CustomStringConvertible {
    case tooShort

    package var description: String { "the token has fewer than \(BearerToken.minimumBytes) bytes" }
}

/// A text that must not be shown, such as an address that holds a password: printing it prints a placeholder.
package struct SecretText: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The text itself. Never put it into a log line, an error or an answer.
    package let revealed: String

    package init(_ revealed: String) {
        self.revealed = revealed
    }

    package var description: String { "(hidden)" }
    package var debugDescription: String { description }
}

extension SecretText: CustomReflectable {
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
