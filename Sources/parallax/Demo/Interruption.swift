import Foundation
import UnixSignals

/// Runs `body`, and cancels it at the first SIGINT or SIGTERM; a second one ends the process at once.
///
/// - Returns: What `body` returned, and whether it was interrupted.
func withInterruption<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> (result: Result, wasInterrupted: Bool) {
    let work = Task { try await body() }
    let watch = Task {
        var interruptions = 0
        for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
            interruptions += 1
            if interruptions > 1 { exit(130) }
            Terminal.note("\nStopping. Press Ctrl-C again to end at once.")
            work.cancel()
        }
    }
    defer { watch.cancel() }
    let result = try await work.value
    return (result, work.isCancelled)
}
