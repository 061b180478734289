extension Clock<Duration> {
    /// Does something over and over until the task is cancelled, with a pause after each time.
    func repeating(pausing pause: Duration = .seconds(1), _ body: () async -> Void) async {
        while !Task.isCancelled {
            await body()
            do { try await sleep(for: pause) } catch { return }
        }
    }
}
