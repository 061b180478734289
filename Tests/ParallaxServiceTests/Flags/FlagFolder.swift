@testable import FeatureFlags
import Foundation
import Glibc
import ParallaxCore
import Synchronization

@testable import ParallaxService

/// A folder of its own for one test, with a flag file in it.
struct FlagFolder: Sendable {
    let folder: String
    let path: String
    let history = RecordedHistory()
    let clock = SteppedTime()

    static func with<Result>(_ body: (FlagFolder) async throws -> Result) async throws -> Result {
        // In memory where there is such a folder: synchronizing thousands of files to a disk takes many seconds.
        let memory = "/dev/shm"
        let base =
            FileManager.default.isWritableFile(atPath: memory)
            ? memory : FileManager.default.temporaryDirectory.path
        let folder = base + "/parallax-flags-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await body(FlagFolder(folder: folder, path: folder + "/feature-flags.json"))
    }

    /// A store that has read the file, which is made where it is missing.
    ///
    /// - Parameter canWrite: While it is `false`, writing the file fails as on a read-only mount.
    func startedStore(
        environment: EnvironmentFlags = .none, isProduction: Bool = false, history: (any FlagHistory)? = nil,
        instance: String? = nil, canWrite: SharedFileWorld.Mutable<Bool> = .init(true)
    ) async -> FlagStore {
        let file = FlagFile(path: path) { canWrite.value ? nil : SystemCallError(number: EROFS) }
        let store = FlagStore(
            file: file, environment: environment, isProduction: isProduction, history: history ?? self.history,
            instance: instance, now: clock.now, uptime: clock.uptime)
        await store.start()
        return store
    }

    /// Writes in place, as an editor without care does.
    func write(_ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// Writes a temporary file and renames it, as other programs with care do.
    func writeAtomically(_ values: FlagValues) throws {
        try Data(FlagDefinitionFile.canonical(values).bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    func content() throws -> [UInt8] {
        try FlagFile(path: path).read().bytes
    }

    /// All files next to the flag file but for the lock and the folder in which instances leave word.
    func others() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0 != "feature-flags.json" && !$0.hasSuffix(".lock") && !$0.hasSuffix(".parallax") }
    }
}

/// A clock that moves by one millisecond each time it is looked at for the time of day.
final class SteppedTime: Sendable {
    private let milliseconds = Mutex<Int64>(1_767_323_045_000)

    var now: @Sendable () -> Timestamp {
        {
            self.milliseconds.withLock { milliseconds in
                milliseconds += 1
                return Timestamp(milliseconds: milliseconds)
            }
        }
    }

    /// Moves only by what is advanced.
    var uptime: @Sendable () -> Duration {
        { .milliseconds(self.milliseconds.withLock { $0 }) }
    }

    func advance(seconds: Int64) {
        milliseconds.withLock { $0 += seconds * 1000 }
    }
}

/// A history in memory that can be made to fail.
final class RecordedHistory: FlagHistory {
    struct Locked: Error {}

    private struct Key: Hashable {
        let contentHash: String
        let time: Timestamp
    }

    private struct State {
        var changes: [FlagChange] = []
        var known: Set<Key> = []
        var isFailing = false
    }

    private let state = Mutex(State())

    var changes: [FlagChange] { state.withLock { $0.changes } }

    var isFailing: Bool {
        get { state.withLock { $0.isFailing } }
        set { state.withLock { $0.isFailing = newValue } }
    }

    func append(_ change: FlagChange) throws -> Bool {
        try state.withLock { state in
            if state.isFailing { throw Locked() }
            let key = Key(contentHash: change.contentHash, time: change.time)
            if state.changes.last?.contentHash == change.contentHash { return false }
            guard state.known.insert(key).inserted else { return false }
            state.changes.append(change)
            return true
        }
    }

    func newest() throws -> FlagChange? {
        try state.withLock { state in
            if state.isFailing { throw Locked() }
            return state.changes.last
        }
    }
}

extension FlagValues {
    static let legacy = FlagUpdate.rollback.applied(to: .defaultValue)
    static let distributed = FlagUpdate(hybrid: false).applied(to: .defaultValue)
}

extension FlagStore {
    /// Occupies the store's queue.
    func onQueue(_ job: @Sendable () -> Void) { job() }
}
