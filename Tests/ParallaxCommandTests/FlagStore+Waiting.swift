import ParallaxService

extension FlagStore {
    /// Waits until the history holds every change: a slow disk may take longer than the one who made it waits.
    func untilHistoryIsWritten() async throws {
        while health.historyWaiting > 0 { try await Task.sleep(for: .milliseconds(5)) }
    }
}
