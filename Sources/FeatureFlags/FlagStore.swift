import Dispatch
package import ParallaxCore
import Synchronization

/// The flags of this instance: what holds now, and the file they come from.
///
/// ``current`` is for the request path. All else reads or writes files and runs on a queue of its own, one after the
/// other, so that neither event loops nor the threads of other tasks wait for a disk.
package final class FlagStore: Sendable {
    struct Work {
        var flags: FlagState
        /// The newest modification time seen: what we write stays above it, since other clients look at newer files
        /// only.
        var newestModificationTime: Int64 = 0
        /// That of the last content that was read, whatever it was worth.
        var modificationTime: Int64?
        /// The rollback that waits to be written, and when to try next.
        var heldRollback: HeldRollback?
        /// Whether a rollback is on its way into the file.
        var isRollingBack = false
        var writing = Writing()
        /// The file that is still to be made, as it could not be at the start; `nil` if nothing is to be made.
        var creation: Creation?
        var fencing = Fencing()
        /// What was said last of what is applied here; `nil` before the first time.
        var posting: Posting?
        /// What each trigger lacks that could not cause a rollback here; `nil` before the first evaluation.
        var unarmed: [String: String]?
        /// What was last read of the shared baselines; `nil` if there are none.
        var baseline: BaselineReading?
        /// What was last read of the last drill; `nil` if there was none.
        var endedDrill: EndedDrillReading?
    }

    struct HeldRollback {
        let by: String
        let reason: String
        let claim: RollbackClaim?
        var nextAttempt: Timestamp
    }

    package let file: FlagFile
    let recorder: FlagRecorder
    let observers = FlagObservers()
    let now: @Sendable () -> Timestamp
    let uptime: @Sendable () -> Duration
    /// The name under which this instance tells others what it has applied; `nil` tells nothing.
    package let instance: String?
    let lease: Duration
    /// Tells this store from all others, also from those of the same name.
    let process = String(UInt64.random(in: .min ... .max), radix: 16)
    let work: Mutex<Work>
    private let queue = DispatchQueue(label: "parallax.flags")

    /// Makes a store that has read nothing yet: the environment's flags hold.
    ///
    /// - Parameters:
    ///   - path: The flag file.
    ///   - history: Where changes are kept; `nil` keeps none.
    ///   - instance: The name under which this instance tells others what it has applied; `nil` tells nothing.
    ///   - lease: How long another instance has for the rollback that it began, before this one does it instead.
    ///   - now: The wall clock.
    ///   - uptime: a monotonic clock.
    package convenience init(
        path: String, environment: EnvironmentFlags, isProduction: Bool, history: (any FlagHistory)? = nil,
        instance: String? = nil, lease: Duration = .seconds(30),
        now: @escaping @Sendable () -> Timestamp = Clocks.system.now,
        uptime: @escaping @Sendable () -> Duration = Clocks.system.uptime
    ) {
        self.init(
            file: FlagFile(path: path), environment: environment, isProduction: isProduction, history: history,
            instance: instance, lease: lease, now: now, uptime: uptime)
    }

    init(
        file: FlagFile, environment: EnvironmentFlags, isProduction: Bool, history: (any FlagHistory)?,
        instance: String?, lease: Duration = .seconds(30), now: @escaping @Sendable () -> Timestamp,
        uptime: @escaping @Sendable () -> Duration
    ) {
        self.file = file
        recorder = FlagRecorder(history, observers: observers)
        self.instance = instance
        self.lease = lease
        self.now = now
        self.uptime = uptime
        work = Mutex(Work(flags: FlagState(environment: environment, isProduction: isProduction)))
    }

    /// The flags that hold: cheap enough for every request.
    package var current: FlagValues {
        work.withLock { $0.flags.effective }
    }

    /// What is wrong with the file now; `nil` if nothing is.
    var problem: FlagProblem? { work.withLock { $0.flags.problem } }

    package var health: FlagHealth {
        let work = work.withLock { $0 }
        return FlagHealth(
            work.flags, path: file.path, history: recorder.status, modificationTime: work.modificationTime,
            writeProblem: work.writing.problem?.message, sharingProblems: Array(work.fencing.problems.values))
    }

    /// Calls back at every event from now on, on a queue of the store's: the observer must not block for long.
    package func observe(_ observer: @escaping @Sendable (FlagEvent) -> Void) {
        observers.add(observer)
    }

    /// Reads the file, which is made from the environment's flags if it does not exist.
    ///
    /// A file that can be neither read nor made is not a reason to stop: it shows in ``health``.
    package func start() async {
        await onQueue { self.startOnQueue() }
    }

    /// Reads the file again and takes what it says; keeps the last good flags if it is invalid.
    package func refresh() async {
        await onQueue { self.refreshOnQueue() }
    }

    package func onQueue<Result: Sendable>(_ job: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: job()) }
        }
    }

    /// The time of the operating system's clock.
    package static let wallClock: @Sendable () -> Timestamp = Clocks.system.now
}
