import Dispatch
import GRDB
package import Logging
import ParallaxCore
import ServiceLifecycle
import Synchronization

/// Keeps the database of a service open: opens it again after a failure, and notices when its file is removed, renamed,
/// replaced or cut short.
///
/// It works on a queue of its own, so that a disk that does not answer blocks nothing else. While the database is
/// closed the limiter works on; what cannot be recorded waits within the recorder's bounds, and is counted as dropped
/// beyond them.
package final class StoreKeeper: Service {
    private struct State {
        var retry = RetrySchedule(maximumIntervals: StoreKeeper.maximumPause)
        var isLooking = false
        /// What was last said about the database being closed; `nil` while it is open.
        var problem: DivergenceStoreError.Code?
        /// Whether the open database has a note that this process writes there.
        var isNoted = false
        /// Looks until a database that fails may be opened again.
        var patience = 0
        var bytes: Int64 = 0
        /// How often the open database's `-shm` had been cut short at the last look.
        var timesRestored = 0
    }

    /// The most looks, one a second, between two attempts to open.
    private static let maximumPause = 30

    private let store: DivergenceStore
    private let recorder: Recorder
    private let movesDamaged: Bool
    private let willReplace: @Sendable () -> Void
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let queue = DispatchQueue(label: "parallax.store.keeper")
    private let state = Mutex(State())

    /// - Parameters:
    ///   - movesDamaged: Whether a file that is damaged, or no SQLite database, gets another name so that a new one can
    ///     be made. Otherwise it stays for a person.
    ///   - willReplace: Called before a database is opened instead of a lost one: what others remember has to be
    ///     written into it again.
    package init(
        store: DivergenceStore, recorder: Recorder, movesDamaged: Bool, logger: Logger,
        clock: any Clock<Duration> = ContinuousClock(), willReplace: @escaping @Sendable () -> Void
    ) {
        self.store = store
        self.recorder = recorder
        self.movesDamaged = movesDamaged
        self.willReplace = willReplace
        self.logger = logger
        self.clock = clock
    }

    /// Looks once a second until the service shuts down. Others may still write then: ``end(within:)`` closes the
    /// database.
    package func run() async throws {
        note(failureAtStart)
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            startLooking()
            try? await cancelWhenGracefulShutdown { [clock] in try await clock.sleep(for: .seconds(1)) }
        }
    }

    /// Closes the database once nothing writes any more, with everything in the one file: a copy of a stopped
    /// instance's file is whole. Closing would leave the `-wal` as it is.
    ///
    /// - Parameter patience: How long to wait for a disk that does not answer. Blocks the thread.
    package func end(within patience: Duration) {
        let work = DispatchWorkItem { [store] in
            try? store.checkpointLog()
            try? store.close()
        }
        queue.async(execute: work)
        _ = work.wait(timeout: .now() + .milliseconds(Int(patience / .milliseconds(1))))
    }

    /// Looks after the database once, and returns when that has been done.
    func look() async {
        await withCheckedContinuation { continuation in
            queue.async {
                self.lookOnQueue()
                continuation.resume()
            }
        }
    }

    /// Begins to look, unless the last look has not ended: on a disk that hangs, one thread waits and no more.
    private func startLooking() {
        let isFree = state.withLock { state in
            defer { state.isLooking = true }
            return !state.isLooking
        }
        guard isFree else { return }
        queue.async {
            self.lookOnQueue()
            self.state.withLock { $0.isLooking = false }
        }
    }

    private var failureAtStart: DivergenceStoreError? {
        switch store.connection {
        case .closed(let error), .opening(let error): error
        case .open: nil
        }
    }

    private func lookOnQueue() {
        // Before the look: what is written during it is not known to be in place.
        let written = recorder.writtenComparisons
        switch store.connection {
        case .opening: return
        case .closed:
            if state.withLock({ $0.retry.tick() }) { open() }
        case .open(_, let files):
            files?.restoreSharedMemory()
            noteRestored(files?.timesRestored ?? 0)
            if let fault = files?.findFault() {
                lose(DivergenceStoreError(fault, path: store.path), losesWrites: fault == .removed)
            } else if files.map(isCutShort) == true {
                lose(
                    DivergenceStoreError(.lost, "the database \(store.path) was cut short while it was in use"),
                    losesWrites: true, isCutShort: true)
            } else if let failure = store.failure, mayReopen() {
                lose(failure, losesWrites: false)
            } else {
                note(nil)
                recorder.confirm(written: written)
                markOpened()
            }
        }
    }

    private func noteRestored(_ times: Int) {
        let isNew = state.withLock { state in
            defer { state.timesRestored = times }
            return times > state.timesRestored
        }
        guard isNew else { return }
        logger.error(
            "\(store.path)-shm was cut short by another program and has its size again; doing that ends processes that use the database"
        )
    }

    /// Whether the file has lost pages that it should have. A `VACUUM` of another program makes a file smaller as well,
    /// and the count of pages in its header with it.
    private func isCutShort(_ files: StoreFiles) -> Bool {
        guard let bytes = files.bytes else { return false }
        let before = state.withLock { state in
            defer { state.bytes = bytes }
            return state.bytes
        }
        guard bytes < before else { return false }
        guard let counted = try? store.countedBytes() else { return true }
        // The file may have become longer in the meantime.
        return (files.bytes ?? bytes) < counted
    }

    /// A file that fails is opened again at once, and then no more often than the longest pause.
    private func mayReopen() -> Bool {
        state.withLock { state in
            defer { state.patience = state.patience > 0 ? state.patience - 1 : Self.maximumPause }
            return state.patience == 0
        }
    }

    private func lose(_ error: DivergenceStoreError, losesWrites: Bool, isCutShort: Bool = false) {
        store.disconnect(because: error, losesWrites: losesWrites, isCutShort: isCutShort)
        let lost = losesWrites ? recorder.loseFile() : 0
        state.withLock { state in
            state.retry.succeeded()
            state.problem = error.code
            state.bytes = 0
            state.isNoted = false
        }
        logger.error(
            "The database was lost or fails, and is opened again: \(error)", metadata: ["lostComparisons": "\(lost)"])
        willReplace()
        open()
    }

    private func open() {
        do {
            let before = StoreFiles.FileID(path: store.path)
            do {
                try store.open()
            } catch let error as DivergenceStoreError where movesDamaged && error.isDamage {
                // Another instance may have done the same in the meantime.
                guard let before, before == StoreFiles.FileID(path: store.path) else { throw error }
                let name = try DamagedDatabase.moveAside(store.path, now: .now())
                logger.error("The damaged database was moved aside: \(error)", metadata: ["movedTo": "\(name)"])
                willReplace()
                try store.open()
            }
            state.withLock { $0.retry.succeeded() }
            note(nil)
        } catch {
            state.withLock { $0.retry.failed() }
            note(DivergenceStoreError(error, path: store.path))
        }
    }

    /// Notes in a database that was just opened that this process writes there. What fails is tried at the next look.
    private func markOpened() {
        guard !state.withLock({ $0.isNoted }) else { return }
        do {
            if let end = try recorder.markOpened() {
                logger.warning(
                    "The database is a copy of a live one without its -wal, or its -wal was removed: records are missing",
                    metadata: ["recordsEndMilliseconds": "\(end.milliseconds)"])
            }
            state.withLock { $0.isNoted = true }
        } catch {
            logger.debug("The start cannot be noted in the database and is tried again: \(error)")
        }
    }

    /// Says once that the database is closed and why, and once that it is open again.
    private func note(_ error: DivergenceStoreError?) {
        let isNew = state.withLock { state in
            defer { state.problem = error?.code }
            return state.problem != error?.code
        }
        guard isNew else { return }
        if let error {
            logger.error(
                "The database cannot be opened and is tried again; requests are still answered, and comparisons that cannot be recorded are counted as dropped: \(error)"
            )
        } else {
            logger.notice("The database is open again")
        }
    }
}

extension DivergenceStoreError {
    fileprivate init(_ fault: StoreFiles.Fault, path: String) {
        let message =
            switch fault {
            case .moved:
                "the database \(path) was renamed or replaced while it was in use; what was written until now is in the renamed file"
            case .removed: "the database \(path) was removed while it was in use"
            case .logRemoved:
                "\(path)-wal or \(path)-shm was removed while the database was in use; move all three files together, or copy by `parallax database backup`"
            }
        self.init(.lost, message)
    }

    /// Whether the file itself is at fault, and not who may read it.
    fileprivate var isDamage: Bool { code == .corrupt || code == .notADatabase }
}
