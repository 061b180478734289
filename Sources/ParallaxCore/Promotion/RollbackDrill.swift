/// That the way back was tried and worked: the flags were set to legacy, every instance that was asked followed, and the
/// flags were put back as they were.
package struct RollbackDrill: Codable, Equatable, Sendable {
    /// The name under which drills change flags, in the file and in the history.
    package static let author = "parallax-drill"

    /// What the flip says of itself, in the file and in the history.
    package static func flipReason(by person: String, _ reason: String) -> String { "drill by \(person): \(reason)" }

    /// When it ended.
    package let time: Timestamp
    /// Who asked for it and why; `nil` in notes of earlier versions.
    package var by: String?
    package var reason: String?
    /// From the flip until every instance answered in legacy, and from the restoration until every one was back, as the
    /// command that drilled saw it.
    package var appliedMilliseconds: Int64?
    package var restoredMilliseconds: Int64?
    /// How many instances were watched.
    package var instances: Int?
    /// The names of those, and of the instances that shared the flag file and were not watched; `nil` in notes of earlier
    /// versions.
    package var heard: [String]?
    package var unheard: [String]?

    package init(
        time: Timestamp, by: String? = nil, reason: String? = nil, appliedMilliseconds: Int64? = nil,
        restoredMilliseconds: Int64? = nil, instances: Int? = nil,
        heard: [String]? = nil, unheard: [String]? = nil
    ) {
        self.heard = heard
        self.unheard = unheard
        self.time = time
        self.by = by
        self.reason = reason
        self.appliedMilliseconds = appliedMilliseconds
        self.restoredMilliseconds = restoredMilliseconds
        self.instances = instances
    }
}
