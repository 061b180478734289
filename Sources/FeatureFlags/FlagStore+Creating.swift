import ParallaxCore
import Synchronization

/// Makes the flag file if there is none. What keeps it from being made at the start, such as a full disk, may end while the
/// service runs: it is tried again until the file is there, or another program has made one.
extension FlagStore {
    struct Creation {
        /// Why the file could not be made.
        let problem: FlagFileError
        /// When to try next, on the steady clock, and how long the pause before it is.
        let nextAttempt: Duration
        let pause: Duration
    }

    private static let firstPause: Duration = .seconds(1)
    private static let longestPause: Duration = .seconds(30)

    /// Reads the file, after making it if there is none. Runs on the store's queue.
    func startOnQueue() {
        create()
        refreshOnQueue()
    }

    /// Tries again to make a file that could not be made at the start, if it is time to. A file that was there has another
    /// reason to be away, and is not made again. Runs on the store's queue.
    func createAgain() {
        guard let creation = work.withLock({ $0.creation }) else { return }
        if uptime() >= creation.nextAttempt { create() }
        if let problem = work.withLock({ $0.creation?.problem }) { reject(problem) }
    }

    private func create() {
        do {
            try createIfMissing()
            work.withLock { $0.creation = nil }
        } catch {
            // Where another instance made the file first, it is there to be read.
            guard error.code != .changedMeanwhile else { return }
            let problem = FlagFileError(
                .missing,
                "flag file \(file.path) does not exist and cannot be made; it is tried again: \(error.message)")
            let time = uptime()
            work.withLock { work in
                let pause = work.creation.map { min($0.pause * 2, FlagStore.longestPause) } ?? FlagStore.firstPause
                work.creation = Creation(problem: problem, nextAttempt: time + pause, pause: pause)
            }
        }
    }

    private func createIfMissing() throws(FlagFileError) {
        do {
            _ = try file.read()
        } catch {
            guard error.code == .missing else { return }
            try file.createFolder()
            let declaration = declaration(
                by: FlagStore.ownName, reason: "made from the environment, as there was no file", over: nil)
            try FlagFileLock.hold(beside: try file.resolved()) { () throws(FlagFileError) in
                _ = try commit(.canonical(environment.values, declaration: declaration), expecting: .absent)
            }
        }
    }
}
