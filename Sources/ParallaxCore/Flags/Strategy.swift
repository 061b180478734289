/// The phase of the migration an instance is in. The raw values are stored and shown: they never change.
package enum Strategy: String, CaseIterable, Codable, Sendable {
    /// Control alone; Redis is asked for its health only.
    case legacy
    /// Both judge, one is enforced.
    case hybrid
    /// The candidate alone.
    case distributedOnly = "distributed_only"
}
