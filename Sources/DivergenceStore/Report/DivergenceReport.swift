package import ParallaxCore

/// What a period's comparisons came to: the object that reports print and that `--json` gives.
package struct DivergenceReport: Equatable, Sendable {
    /// The version of the JSON form: it grows when a key changes its meaning or goes, not when one is added.
    package static let version = 1

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

    /// The divergences of one organization.
    package struct AffectedOrganization: Codable, Equatable, Sendable {
        /// `nil` for the organizations beyond the bound of one minute, counted together.
        package var organization: String?
        /// Divergences by kind, whether stored or only counted.
        package var kinds: [String: Int]

        package init(organization: String?, kinds: [String: Int]) {
            self.organization = organization
            self.kinds = kinds
        }
    }

    /// When divergences of one cause occurred.
    package struct CauseTimes: Codable, Equatable, Sendable {
        /// The first and the last minute.
        package var from: Timestamp
        package var to: Timestamp
        /// The minute with the most, the first of equals, and how many.
        package var busiest: Timestamp
        package var busiestRequests: Int

        package init(from: Timestamp, to: Timestamp, busiest: Timestamp, busiestRequests: Int) {
            self.from = from
            self.to = to
            self.busiest = busiest
            self.busiestRequests = busiestRequests
        }
    }

    /// The figures of one step of the timeline.
    package struct Step: Codable, Equatable, Sendable {
        package var start: Timestamp
        package var compared = 0
        package var diverged = 0
        /// Those of the diverged whose verdict changes.
        package var changed = 0
        package var incomparable = 0
        package var dropped = 0

        package init(start: Timestamp) {
            self.start = start
        }
    }

    /// The first and last minute that hold anything; `nil` if nothing was recorded.
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
    /// Requests in hybrid that only control was asked about, since their identities are held out.
    package var heldOut = 0
    /// Comparisons that could not be recorded, by reason: they are in none of the other figures.
    package var dropped: [String: Int] = [:]
    package var control = Verdicts()
    package var candidate = Verdicts()
    /// Divergences by kind and by cause.
    package var kinds: [String: Int] = [:]
    package var causes: [String: Int] = [:]
    /// Divergences by kind and then by cause: the table behind both.
    package var causesByKind: [String: [String: Int]] = [:]
    /// When each cause occurred.
    package var causeTimes: [String: CauseTimes] = [:]
    /// Divergences kept one by one, and those that were only counted.
    package var storedOneByOne = 0
    package var onlyCounted = 0
    /// The identities with the most stored divergences, most first.
    package var mostAffected: [AffectedIdentity] = []
    /// The organizations with the most divergences, most first.
    package var mostAffectedOrganizations: [AffectedOrganization] = []
    /// What control said to the incomparable requests; those allowed would have been refused by a candidate that fails
    /// closed.
    package var controlWhereIncomparable = Verdicts()
    /// Divergences counted but not kept one by one, by reason; with those of kinds that are never kept, the same as
    /// ``onlyCounted`` unless divergences are filtered.
    package var rowsDropped: [String: Int] = [:]
    /// Steps that hold anything, the earliest first.
    package var timeline: [Step] = []
    /// How long a step of the timeline lasts; whole minutes.
    package var timelineStepMilliseconds: Int64 = 60_000

    /// Who would newly be limited, and who would newly be let through.
    package var newlyLimited = AffectedParties()
    package var newlyAllowed = AffectedParties()
    /// How much each side let through.
    package var volume = ReportVolume()
    /// How long both sides took, of all organizations; `nil` if that was not recorded.
    package var durations: ReportDurations?
    /// How often two equal limiters disagree here; `nil` if no second control was asked.
    package var noise: NoiseFloor?
    /// What came with requests of the application's own limiter; `nil` if nothing was reported.
    package var reported: ReportedCounts?
    /// The minutes and instances that the figures stand on.
    package var coverage = ReportCoverage()
    /// The period before; `nil` if this one has no beginning.
    package var previous: ReportPeriod?
    /// What else happened in the period, the earliest first; the newest 200.
    package var events: [ReportEvent] = []
    /// What speaks against going on, without what reviewers have settled.
    package var open = OpenDivergences()
    /// What reviewers said, the newest first.
    package var settlements: [SettlementStatus] = []
    /// Whether to go on; `nil` if that was not asked, or makes no sense, as for a forecast.
    package var gate: Gate?

    package init() {}
}

extension DivergenceReport.Step {
    private enum CodingKeys: String, CodingKey {
        case start, compared, diverged, changed, incomparable, dropped
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(start: try values.decode(Timestamp.self, forKey: .start))
        compared = try values.decode(Int.self, forKey: .compared)
        diverged = try values.decode(Int.self, forKey: .diverged)
        // Reports of earlier versions lack it.
        changed = try values.decodeIfPresent(Int.self, forKey: .changed) ?? 0
        incomparable = try values.decode(Int.self, forKey: .incomparable)
        dropped = try values.decode(Int.self, forKey: .dropped)
    }
}

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
        /// How well the model follows the reported verdicts; `nil` if none was reported.
        package let fidelity: ReportedCounts.Fidelity?
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
            ].compactMap(\.self), fidelity: reported?.fidelity)
    }

    private static func question(_ direction: Summary.Direction, _ what: String) -> String? {
        guard direction.requests.count > 0 else { return nil }
        return
            "\(NumberFormat.share(direction.requests.share)) of the requests \(what): decide whether that is wanted"
    }
}

/// How often two equal limiters disagreed, asked about the same requests a moment apart.
package struct NoiseFloor: Codable, Equatable, Sendable {
    package var compared = 0
    package var diverged = 0

    package init(compared: Int = 0, diverged: Int = 0) {
        self.compared = compared
        self.diverged = diverged
    }

    static func + (left: NoiseFloor, right: NoiseFloor) -> NoiseFloor {
        NoiseFloor(compared: left.compared + right.compared, diverged: left.diverged + right.diverged)
    }

    static func += (left: inout NoiseFloor, right: NoiseFloor) {
        left = left + right
    }
}
