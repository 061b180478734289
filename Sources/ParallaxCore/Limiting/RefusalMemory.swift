/// Remembers what a shared limiter refused, to repeat it without asking while it is certain to be the limiter's answer.
///
/// The one copy of the limiter's state that may decide when no other limiter is asked.
package protocol RefusalMemory: Sendable {
    /// What the limiter would answer now; `nil` if only the limiter itself can tell.
    func refusal(of request: CheckRequest) -> Decision?

    /// Asks the limiter, and remembers its answer if that is a refusal.
    func remembering(_ request: CheckRequest, _ ask: () async -> Decision) async -> Decision
}
