package import AdminAPI
package import ParallaxCore
import Synchronization

/// The identities that an organization's limits refuse most, counted in bounded space since the start of this instance
/// or the last reset.
package final class MostRefused: DecisionObserver {
    private struct State {
        /// By the organization, put as an identity so that spellings stay apart.
        var organizations: [Identity: Organization] = [:]
        var clock: UInt64 = 0
    }

    private struct Organization {
        var identities: SpaceSaving<Identity>
        var refusals = 0
        var lastUse: UInt64
    }

    private let maximumOrganizations: Int
    private let identitiesPerOrganization: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - maximumOrganizations: The organizations kept. The one with the fewest refusals goes first, of several the
    ///     least recently refused: invented ones push out each other.
    ///   - identitiesPerOrganization: The identities counted in each.
    package init(maximumOrganizations: Int = 256, identitiesPerOrganization: Int = 64) {
        precondition(maximumOrganizations >= 1, "counting needs room for an organization")
        self.maximumOrganizations = maximumOrganizations
        self.identitiesPerOrganization = identitiesPerOrganization
    }

    package func answered(_ answer: Answer) {
        guard case .limited = answer.decision.outcome else { return }
        let key = Self.key(answer.identity.organization)
        state.withLock { state in
            state.clock += 1
            if state.organizations[key] == nil { makeRoom(in: &state) }
            let fresh = Organization(
                identities: SpaceSaving(capacity: identitiesPerOrganization), lastUse: state.clock)
            state.organizations[key, default: fresh].identities.count(answer.identity)
            state.organizations[key]!.refusals += 1
            state.organizations[key]!.lastUse = state.clock
        }
    }

    /// An organization's most refused identities, most first.
    package func top(of organization: String, limit: Int) -> [MostRefusedAnswer.Entry] {
        let key = Self.key(organization)
        let entries = state.withLock { $0.organizations[key]?.identities.top(limit) } ?? []
        return entries.map {
            MostRefusedAnswer.Entry(
                identifier: $0.element.identifier, refusals: $0.count, overestimate: $0.overestimate)
        }
    }

    /// Forgets what was counted for the identities of a scope.
    package func reset(_ scope: ResetScope) {
        state.withLock { state in
            switch scope {
            case .identity(let identity):
                state.organizations[Self.key(identity.organization)]?.identities.forget(identity)
            case .organization(let name): state.organizations[Self.key(name)] = nil
            case .everything: state.organizations = [:]
            }
        }
    }

    private func makeRoom(in state: inout State) {
        guard state.organizations.count >= maximumOrganizations else { return }
        let rarest = state.organizations.min { left, right in
            (left.value.refusals, left.value.lastUse) < (right.value.refusals, right.value.lastUse)
        }
        if let rarest { state.organizations[rarest.key] = nil }
    }

    private static func key(_ organization: String) -> Identity {
        guard let key = try? Identity(organization: organization, identifier: "*") else {
            preconditionFailure("an organization that was judged has at most \(Identity.maximumBytes) bytes")
        }
        return key
    }
}
