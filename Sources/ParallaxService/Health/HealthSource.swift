/// Whoever knows how the parts of the service are.
package protocol HealthSource: Sendable {
    /// How things are at this moment. Must not wait for Redis: it tells what is known already.
    func health() async -> HealthSnapshot
}
