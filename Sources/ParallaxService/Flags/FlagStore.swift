import Dispatch
import Glibc
package import ParallaxCore
import Synchronization

/// The flags of this instance: what holds now, and the file they come from.
///
/// ``current`` is for the request path. All else reads or writes files and runs on a queue of its own, one after the
/// other, so that neither event loops nor the threads of other tasks wait for a disk.
package final class FlagStore: Sendable {
    struct Work {
        var flags: FlagState
        /// The newest modification time seen: what we write stays above it, since other clients look at newer files only.
        var newestModificationTime: Int64 = 0
        /// The rollback that waits to be written, and when to try next.
        var heldRollback: HeldRollback?
    }

    struct HeldRollback {
        let by: String
        let reason: String
        var nextAttempt: Timestamp
    }

    let file: FlagFile
    let recorder: FlagRecorder
    let observers = FlagObservers()
    let now: @Sendable () -> Timestamp
    let work: Mutex<Work>
    private let queue = DispatchQueue(label: "parallax.flags")

    /// Makes a store that has read nothing yet: the environment's flags hold.
    ///
    /// - Parameters:
    ///   - path: The flag file.
    ///   - history: Where changes are kept; `nil` keeps none.
    ///   - now: The wall clock.
    package init(
        path: String, environment: EnvironmentFlags, isProduction: Bool, history: (any FlagHistory)? = nil,
        now: @escaping @Sendable () -> Timestamp = FlagStore.wallClock
    ) {
        file = FlagFile(path: path)
        recorder = FlagRecorder(history, observers: observers)
        self.now = now
        work = Mutex(Work(flags: FlagState(environment: environment, isProduction: isProduction)))
    }

    /// The flags that hold: cheap enough for every request.
    package var current: FlagValues {
        work.withLock { $0.flags.effective }
    }

    package var health: FlagHealth {
        FlagHealth(work.withLock { $0.flags }, path: file.path, history: recorder.status)
    }

    /// Calls back at every event from now on, on a queue of the store's: the observer must not block for long.
    package func observe(_ observer: @escaping @Sendable (FlagEvent) -> Void) {
        observers.add(observer)
    }

    /// Reads the file, which is made from the environment's flags where it does not exist.
    ///
    /// A file that can be neither read nor made is no reason to stop: it shows in ``health``.
    package func start() async {
        await onQueue { self.startOnQueue() }
    }

    /// Reads the file anew and takes what it says; keeps the last good flags where it is no good.
    package func refresh() async {
        await onQueue { self.refreshOnQueue() }
    }

    func onQueue<Result: Sendable>(_ job: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: job()) }
        }
    }

    /// The time of the operating system's clock.
    package static let wallClock: @Sendable () -> Timestamp = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
