/// The phase of the migration an instance is in. The raw values are stored and shown: they never change.
package enum Strategy: String, CaseIterable, Codable, Sendable {
    /// Only control; Redis is only probed.
    case legacy
    /// Both judge, one is enforced.
    case hybrid
    /// Only the candidate.
    case distributedOnly = "distributed_only"
}
