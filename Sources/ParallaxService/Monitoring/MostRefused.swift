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

/// The most frequent of many elements, counted in bounded space.
///
/// With m counters and n elements seen, a count is too high by at most its `overestimate`, which is at most n / m; and
/// whatever was seen more than n / m times is kept.
///
/// Source: Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data Streams (2005).
package struct SpaceSaving<Element: Hashable & Sendable>: Sendable {
    package struct Entry: Sendable {
        package let element: Element
        /// How often it was seen, at most.
        package fileprivate(set) var count: Int
        /// How much of the count may belong to elements that it replaced.
        package fileprivate(set) var overestimate: Int
    }

    private let capacity: Int
    private var entries: [Entry] = []
    private var places: [Element: Int] = [:]

    /// - Parameter capacity: How many elements are kept, at least 1.
    package init(capacity: Int) {
        precondition(capacity >= 1, "counting needs a counter")
        self.capacity = capacity
    }

    package mutating func count(_ element: Element) {
        if let place = places[element] {
            entries[place].count += 1
        } else if entries.count < capacity {
            places[element] = entries.count
            entries.append(Entry(element: element, count: 1, overestimate: 0))
        } else {
            replaceRarest(with: element)
        }
    }

    package mutating func forget(_ element: Element) {
        guard let place = places.removeValue(forKey: element) else { return }
        let last = entries.removeLast()
        guard place < entries.count else { return }
        entries[place] = last
        places[last.element] = place
    }

    /// The most frequent elements, most first.
    package func top(_ limit: Int) -> [Entry] {
        Array(entries.sorted { $0.count > $1.count }.prefix(max(0, limit)))
    }

    private mutating func replaceRarest(with element: Element) {
        let place = entries.indices.min { entries[$0].count < entries[$1].count }!
        let rarest = entries[place]
        places[rarest.element] = nil
        places[element] = place
        entries[place] = Entry(element: element, count: rarest.count + 1, overestimate: rarest.count)
    }
}
