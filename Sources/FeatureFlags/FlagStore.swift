import Dispatch
package import ParallaxCore
import Synchronization

/// The flags of this instance: what holds now, and the file they come from.
///
/// ``current`` is for the request path. All else reads or writes files and runs on a queue of its own, one after the
/// other, so that neither event loops nor the threads of other tasks wait for a disk. The queue is the actor's
/// executor: the compiler sees to it that what belongs to the queue is touched nowhere else. How the file is changed is
/// decided by ``FlagFileProtocol``.
package actor FlagStore {
    /// What is known of the file and of those who share it; readers on other threads see it as of the last change.
    struct State {
        var flags: FlagState
        var claims = KnownClaims()
        /// That of the last content that was read, whatever it was worth.
        var modificationTime: Int64?
        /// Why the file cannot be written; `nil` if it can, as far as is known.
        var writeProblem: FlagFileError?
        /// What keeps instances from hearing of each other.
        var sharingProblems: [Operation: String] = [:]
        /// The baselines that all share; `nil` if there are none.
        var baseline: SharedBaseline?
    }

    /// What can fail in the folder next to the file.
    enum Operation {
        case readingClaims
        case claiming
        case postingStatus
    }

    /// What other threads read, and the little that they write.
    struct Published {
        var state: State
        /// What each trigger lacks that could not cause a rollback here; `nil` before the first evaluation.
        var unarmed: [String: String]?
        /// How many rollbacks are on their way into the file.
        var rollbacksUnderWay = 0
        /// Whether one of them takes so long that this instance is held at `legacy` meanwhile.
        var isStalled = false
    }

    /// The file that is still to be made, as it could not be at the start.
    struct Creation {
        /// Why the file could not be made.
        let problem: FlagFileError
        /// When to try next, on the monotonic clock, and how long the pause before it is.
        let nextAttempt: Duration
        let pause: Duration
    }

    /// The name under which the service itself writes.
    package static let ownName = "parallax"
    /// How long a change waits to be in the history before it takes effect all the same.
    static let historyTimeout: DispatchTimeInterval = .milliseconds(250)

    package nonisolated let file: FlagFile
    /// The name under which this instance tells others what it has applied; `nil` tells nothing.
    package nonisolated let instance: String?
    nonisolated let recorder: FlagHistoryWriter
    nonisolated let observers = FlagObservers()
    nonisolated let now: @Sendable () -> Timestamp
    nonisolated let uptime: @Sendable () -> Duration
    nonisolated let writer: FlagFileWriter
    nonisolated let published: Mutex<Published>
    nonisolated let queue = QueueExecutor(label: "parallax.flags")

    var state: State { didSet { publishState() } }
    /// The newest modification time seen: what we write stays above it, since other clients look at newer files only.
    var newestModificationTime: Int64 = 0
    /// `nil` if nothing is to be made.
    var creation: Creation?
    /// When it was tried last whether the file can be written, on the monotonic clock; `nil` to try at the next
    /// reading.
    var triedWritingAt: Duration?
    /// What was said last of what is applied here, and when, on the monotonic clock; `nil` before the first time.
    var posted: (status: InstanceStatus, time: Duration)?
    /// The bytes that the shared baselines were last read from.
    var baselineBytes: [UInt8]?
    /// The last drill as it was last read, with the bytes that it was read from; `nil` if there was none.
    var endedDrill: (drill: EndedDrill, bytes: [UInt8])?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    /// Makes a store that has read nothing yet: the environment's flags hold.
    ///
    /// - Parameters:
    ///   - path: The flag file.
    ///   - history: Where changes are kept; `nil` keeps none.
    ///   - instance: The name under which this instance tells others what it has applied; `nil` tells nothing.
    ///   - lease: How long another instance has for the rollback that it began, before this one does it instead.
    ///   - now: The wall clock.
    ///   - uptime: a monotonic clock.
    package init(
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
        self.instance = instance
        self.now = now
        self.uptime = uptime
        recorder = FlagHistoryWriter(history, observers: observers)
        writer = FlagFileWriter(
            path: file.path, instance: instance, process: String(UInt64.random(in: .min ... .max), radix: 16),
            lease: lease)
        let initial = State(flags: FlagState(environment: environment, isProduction: isProduction))
        state = initial
        published = Mutex(Published(state: initial))
    }

    /// Calls back at every event from now on, on the store's queue: the observer must not block for long.
    package nonisolated func observe(_ observer: @escaping @Sendable (FlagEvent) -> Void) {
        observers.add(observer)
    }

    /// Lets other threads see the state. A rollback that hangs holds this instance whatever is read meanwhile.
    func publishState() {
        published.withLock { published in
            published.state = state
            if published.isStalled { published.state.flags.holdAtLegacy() }
        }
    }
}

// MARK: - What other threads read

extension FlagStore {
    /// The flags that hold: cheap enough for every request.
    package nonisolated var current: FlagValues { published.withLock { $0.state.flags.effective } }

    /// What is wrong with the file now; `nil` if nothing is.
    nonisolated var problem: FlagProblem? { published.withLock { $0.state.flags.problem } }

    /// The hold at `legacy` by a rollback that is not in the file; `nil` if there is none.
    package nonisolated var hold: FlagHold? { published.withLock { $0.state.flags.hold } }

    /// The newest claim, as of the last reading; `nil` if there is none.
    package nonisolated var fence: RollbackFence? { published.withLock { $0.state.claims.newest } }

    /// The highest number known, as of the last reading: any change since has a higher one. 0 before the first.
    package nonisolated var fenceNumber: Int64 {
        published.withLock { $0.state.claims.number(written: $0.state.flags.writtenNumber) }
    }

    /// The latch that all who share the file hold, as of the last reading; `nil` if there is none.
    package nonisolated var sharedLatch: RollbackLatch? {
        published.withLock { $0.state.claims.newest?.latch(written: $0.state.flags.writtenNumber) }
    }

    /// The number that the file carries, as it was last read; `nil` if it carries none.
    nonisolated var writtenNumber: Int64? { published.withLock { $0.state.flags.writtenNumber } }

    /// What is shared, as of the last reading; `nil` if there is nothing.
    package nonisolated var sharedBaseline: SharedBaseline? { published.withLock { $0.state.baseline } }

    package nonisolated var health: FlagHealth {
        let state = published.withLock { $0.state }
        return FlagHealth(
            state.flags, path: file.path, history: recorder.status, modificationTime: state.modificationTime,
            writeProblem: state.writeProblem?.message, sharingProblems: Array(state.sharingProblems.values))
    }
}

extension FlagStore {
    /// Runs an actor's jobs one after the other on a queue, so that a disk that hangs takes none of the threads that
    /// tasks share.
    final class QueueExecutor: SerialExecutor {
        private let queue: DispatchQueue

        init(label: String) {
            queue = DispatchQueue(label: label)
        }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
        }

        /// Lets other jobs run for a while. A cancelled task waits too.
        func pause(for duration: Duration) async {
            let nanoseconds = Int(duration / .nanoseconds(1))
            await withCheckedContinuation { continuation in
                queue.asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) { continuation.resume() }
            }
        }
    }
}
