/// Whose units are forgotten by a reset.
package enum ResetScope: Hashable, Sendable {
    case identity(Identity)
    /// Every identity of an organization.
    case organization(String)
    case everything

    package func contains(_ identity: Identity) -> Bool {
        switch self {
        case .identity(let one): one == identity
        case .organization(let name): name.utf8.elementsEqual(identity.organization.utf8)
        case .everything: true
        }
    }
}
