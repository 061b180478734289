import DivergenceStore
import ParallaxCore

/// Pseudonyms of a run's own: each is made once while its client is active.
///
/// The key is drawn again and never kept: addresses are so few that anyone who has the key finds them by trying all.
final class RememberedPseudonyms {
    private static let maximumKnown = 100_000

    private let pseudonyms = Pseudonyms(key: PseudonymKey())
    private var known: [Identity: Identity] = [:]

    func rename(_ identity: Identity) -> Identity {
        if let pseudonym = known[identity] { return pseudonym }
        if known.count >= Self.maximumKnown { known.removeAll(keepingCapacity: true) }
        let pseudonym = pseudonyms.rename(identity)
        known[identity] = pseudonym
        return pseudonym
    }
}
