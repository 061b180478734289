import Crypto
import Foundation
import ParallaxCore

/// Stands names of a run's own in the place of clients: the same for the same client, and nobody can tell whose.
///
/// The key is drawn anew and never kept: addresses are so few that whoever has the key finds them by trying all.
final class Pseudonyms {
    private static let maximumKnown = 100_000

    private let key = SymmetricKey(size: .bits256)
    private var known: [Identity: Identity] = [:]

    func rename(_ identity: Identity) -> Identity {
        if let pseudonym = known[identity] { return pseudonym }
        if known.count >= Self.maximumKnown { known.removeAll(keepingCapacity: true) }
        let pseudonym = makePseudonym(of: identity)
        known[identity] = pseudonym
        return pseudonym
    }

    private func makePseudonym(of identity: Identity) -> Identity {
        let code = HMAC<SHA256>.authenticationCode(for: Data(identity.identifier.utf8), using: key)
        // 80 bits: two clients of a million share a name once in a trillion runs.
        let digits = code.prefix(10).map { String(format: "%02x", $0) }.joined()
        guard let pseudonym = try? Identity(organization: identity.organization, identifier: "client-\(digits)") else {
            preconditionFailure("a pseudonym is neither empty nor long")
        }
        return pseudonym
    }
}
