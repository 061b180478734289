package import ParallaxCore

extension DivergenceReport {
    /// What a decision maker reads first: the verdicts that change, in each direction, and how many callers that hits.
    package struct Summary: Encodable, Equatable, Sendable {
        /// Verdicts that change in one direction.
        package struct Direction: Encodable, Equatable, Sendable {
            package let requests: ShareEstimate
            package let organizations: Int
            /// `nil` if it is not known.
            package let callers: Int?

            init(_ parties: AffectedParties, of compared: Int) {
                requests = ShareEstimate(parties.requests, of: compared)
                organizations = parties.organizationCount
                callers = parties.identityCount
            }
        }

        package let compared: Int
        /// Verdicts that change for the caller, in either direction.
        package let changed: ShareEstimate
        package let newlyLimited: Direction
        package let newlyAllowed: Direction
        /// What the gate does not judge and a person has to decide, in sentences.
        package let undecided: [String]
    }

    package var summary: Summary {
        let limited = Summary.Direction(newlyLimited, of: compared)
        let allowed = Summary.Direction(newlyAllowed, of: compared)
        return Summary(
            compared: compared,
            changed: ShareEstimate(newlyLimited.requests + newlyAllowed.requests, of: compared),
            newlyLimited: limited, newlyAllowed: allowed,
            undecided: [
                Self.question(limited, "would newly be refused"), Self.question(allowed, "would newly be let through"),
            ].compactMap(\.self))
    }

    private static func question(_ direction: Summary.Direction, _ what: String) -> String? {
        guard direction.requests.count > 0 else { return nil }
        return
            "\(NumberFormat.share(direction.requests.share)) of the requests \(what): decide whether that is wanted"
    }
}
