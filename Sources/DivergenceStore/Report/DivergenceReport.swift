package import ParallaxCore

/// What a period's comparisons came to: the object that reports print and that `--json` gives.
package struct DivergenceReport: Equatable, Sendable {
    /// Verdicts of one side.
    package struct Verdicts: Codable, Equatable, Sendable {
        package var allowed = 0
        package var limited = 0

        package init(allowed: Int = 0, limited: Int = 0) {
            self.allowed = allowed
            self.limited = limited
        }
    }

    /// The divergences of one organization and identifier, for the list of the most affected.
    package struct AffectedIdentity: Codable, Equatable, Sendable {
        package var organization: String
        package var identifier: String
        /// Stored divergences by kind.
        package var kinds: [String: Int]
        package var first: Timestamp
        package var last: Timestamp

        package init(
            organization: String, identifier: String, kinds: [String: Int], first: Timestamp, last: Timestamp
        ) {
            self.organization = organization
            self.identifier = identifier
            self.kinds = kinds
            self.first = first
            self.last = last
        }
    }

    /// The first and last minute that hold anything; `nil` where nothing was recorded.
    package var from: Timestamp?
    package var to: Timestamp?
    /// Names of the instances whose records these are.
    package var instances: [String] = []
    /// Requests that both sides judged: agreed and diverged.
    package var compared = 0
    package var agreed = 0
    package var diverged = 0
    /// Requests where the candidate gave no verdict, by reason.
    package var incomparable: [String: Int] = [:]
    /// Comparisons that could not be recorded, by reason: they are in none of the other figures.
    package var dropped: [String: Int] = [:]
    package var control = Verdicts()
    package var candidate = Verdicts()
    /// Divergences by kind and by cause.
    package var kinds: [String: Int] = [:]
    package var causes: [String: Int] = [:]
    /// Divergences by kind and then by cause: the table behind both.
    package var causesByKind: [String: [String: Int]] = [:]
    /// Divergences kept one by one, and those that were only counted.
    package var storedOneByOne = 0
    package var onlyCounted = 0
    /// The identities with the most stored divergences, most first.
    package var mostAffected: [AffectedIdentity] = []

    package init() {}
}
