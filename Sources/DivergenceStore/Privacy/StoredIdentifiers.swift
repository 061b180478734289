/// What the identifiers of one batch are stored as: themselves, or pseudonyms, each made once.
struct StoredIdentifiers {
    private struct Key: Hashable {
        let organization: ExactText
        let identifier: ExactText
    }

    private let pseudonyms: Pseudonyms?
    private var known: [Key: ExactText] = [:]

    init(_ pseudonyms: Pseudonyms?) {
        self.pseudonyms = pseudonyms
    }

    mutating func name(organization: ExactText, identifier: ExactText) -> ExactText {
        // Empty for all identities beyond a bound together: no one's.
        guard let pseudonyms, identifier != .empty else { return identifier }
        let key = Key(organization: organization, identifier: identifier)
        if let name = known[key] { return name }
        let name = ExactText(pseudonyms.pseudonym(organization: organization.text, identifier: identifier.text))
        known[key] = name
        return name
    }
}
