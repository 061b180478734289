import Crypto
import Foundation
package import ParallaxCore

/// Stores pseudonyms instead of identifiers: the same under the same key, and without the key no one can tell whose.
///
/// A pseudonym is `~` and 80 bits in hexadecimal of HMAC-SHA-256 over organization and identifier, so that tenants who both
/// have a user of one name share none. Two identities of a million share one once in a trillion keys. Organizations stay.
package struct Pseudonyms: Sendable {
    private static let digits = 20

    /// Keyed once: what a key costs to set up would be as much again for every name.
    private let keyed: HMAC<SHA256>

    package init(key: PseudonymKey) {
        keyed = HMAC(key: key.symmetricKey)
    }

    /// The identity under its pseudonym.
    package func rename(_ identity: Identity) -> Identity {
        let pseudonym = pseudonym(organization: identity.organization, identifier: identity.identifier)
        guard let renamed = try? Identity(organization: identity.organization, identifier: pseudonym) else {
            preconditionFailure("a pseudonym is neither empty nor long")
        }
        return renamed
    }

    func pseudonym(organization: String, identifier: String) -> String {
        var code = keyed
        // The length first: no two pairs make the same bytes.
        withUnsafeBytes(of: UInt64(organization.utf8.count).bigEndian) { code.update(data: $0) }
        code.update(data: Array(organization.utf8))
        code.update(data: Array(identifier.utf8))
        return "~" + Hexadecimal.encode(code.finalize()).prefix(Self.digits)
    }
}
