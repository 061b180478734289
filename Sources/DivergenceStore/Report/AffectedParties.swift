package import ParallaxCore

/// Who is hit by one kind of divergence: who would newly be limited, or newly let through.
package struct AffectedParties: Codable, Equatable, Sendable {
    package struct Organization: Codable, Equatable, Sendable {
        /// `nil` for the organizations beyond the bound of one minute, counted together.
        package var organization: String?
        /// Every request, whether stored one by one or only counted.
        package var requests: Int
        /// The first and the last minute.
        package var first: Timestamp
        package var last: Timestamp

        package init(organization: String?, requests: Int, first: Timestamp, last: Timestamp) {
            self.organization = organization
            self.requests = requests
            self.first = first
            self.last = last
        }
    }

    package struct Identity: Codable, Equatable, Sendable {
        package var organization: String
        package var identifier: String
        /// Every request, whether stored one by one or only counted; `nil` if the report is narrowed to a cause.
        package var requests: Int?
        /// Divergences stored one by one: at least as many requests were hit.
        package var stored: Int
        /// The first and the last minute; of divergences stored one by one where `requests` is `nil`.
        package var first: Timestamp
        package var last: Timestamp

        package init(
            organization: String, identifier: String, requests: Int?, stored: Int, first: Timestamp, last: Timestamp
        ) {
            self.organization = organization
            self.identifier = identifier
            self.requests = requests
            self.stored = stored
            self.first = first
            self.last = last
        }
    }

    /// All of them, exact.
    package var requests = 0
    package var organizationCount = 0
    /// Every identity that is hit; `nil` if the report is narrowed to a cause and several databases may name the same.
    package var identityCount: Int?
    /// The most affected, most first.
    package var organizations: [Organization] = []
    package var identities: [Identity] = []

    package init() {}
}
