import Dispatch
import ParallaxCore
import Synchronization

/// Keeps changes in the history, in order, without ever holding up the change itself.
///
/// What could not be kept waits in memory and is tried again; the history has a queue of its own, so that a database
/// that is locked blocks no one else.
final class FlagHistoryWriter: Sendable {
    /// More changes than this wait for no one: they are counted as lost.
    static let maximumWaiting = 10_000

    struct Status: Equatable, Sendable {
        /// Attempts that failed since the start.
        var failures = 0
        /// Changes that are not in the history yet.
        var waiting = 0
        /// Changes that never will be.
        var lost = 0
    }

    private struct State {
        var waiting: [FlagChange] = []
        var isBusy = false
        var isFailing = false
        var failures = 0
        var lost = 0
    }

    private let history: (any FlagHistory)?
    private let observers: FlagObservers
    private let queue = DispatchQueue(label: "parallax.flags.history")
    private let state = Mutex(State())

    init(_ history: (any FlagHistory)?, observers: FlagObservers) {
        self.history = history
        self.observers = observers
    }

    var status: Status {
        state.withLock { Status(failures: $0.failures, waiting: $0.waiting.count, lost: $0.lost) }
    }

    /// The newest change in the history; `nil` if it does not answer in time.
    func newest(within timeout: DispatchTimeInterval) -> FlagChange? {
        guard let history else { return nil }
        let answer = NewestChange()
        let work = DispatchWorkItem { answer.change.withLock { $0 = try? history.newest() } }
        queue.async(execute: work)
        guard work.wait(timeout: .now() + timeout) == .success else { return nil }
        return answer.change.withLock { $0 }
    }

    /// Keeps a change behind those that wait already.
    ///
    /// - Parameter timeout: How long to wait until it is in the history.
    func record(_ change: FlagChange, within timeout: DispatchTimeInterval) {
        guard history != nil else { return }
        state.withLock { state in
            if state.waiting.count < FlagHistoryWriter.maximumWaiting {
                state.waiting.append(change)
            } else {
                state.lost += 1
            }
        }
        let work = DispatchWorkItem { self.keepWaiting() }
        queue.async(execute: work)
        _ = work.wait(timeout: .now() + timeout)
    }

    /// Waits until what was recorded so far is kept, or could not be.
    func finish() async {
        await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
    }

    /// Tries again what could not be kept.
    func retry() {
        let isNeeded = state.withLock { state in
            guard !state.waiting.isEmpty, !state.isBusy else { return false }
            state.isBusy = true
            return true
        }
        guard isNeeded else { return }
        queue.async {
            self.keepWaiting()
            self.state.withLock { $0.isBusy = false }
        }
    }

    /// Runs only on the queue.
    private func keepWaiting() {
        guard let history else { return }
        while let change = state.withLock({ $0.waiting.first }) {
            do {
                _ = try history.append(change)
                state.withLock { state in
                    state.waiting.removeFirst()
                    state.isFailing = false
                }
            } catch {
                return fail(error)
            }
        }
    }

    private func fail(_ error: any Error) {
        let isNews = state.withLock { state in
            defer { state.isFailing = true }
            state.failures += 1
            return !state.isFailing
        }
        if isNews { observers.tell(.historyFailed("\(error)")) }
    }
}

extension FlagHistoryWriter {
    /// Where the queue leaves its answer for a caller that may have stopped waiting.
    private final class NewestChange: Sendable {
        let change = Mutex<FlagChange?>(nil)
    }
}
