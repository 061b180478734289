import ParallaxCore
import Synchronization

/// A record in memory that can be made to fail, and whose latch another process could have changed.
final class MemoryRecord: RollbackStore {
    struct Locked: Error, CustomStringConvertible {
        var description: String { "database is locked" }
    }

    struct Contents {
        var evaluations: [[Evaluation]] = []
        var rollbacks: [Rollback] = []
        var latch = RollbackLatch()
        var baseline: Baseline?
        /// Fails everything.
        var isLocked = false
        /// Fails what writes.
        var isReadOnly = false
        var isBaselineUnreadable = false
    }

    let contents = Mutex(Contents())

    var rollbacks: [Rollback] { contents.withLock(\.rollbacks) }
    var latch: RollbackLatch { contents.withLock(\.latch) }
    var baseline: Baseline? { contents.withLock(\.baseline) }

    /// As if the file had been removed and a new one made.
    func forget() {
        contents.withLock { $0 = Contents() }
    }

    func lock(_ isLocked: Bool) {
        contents.withLock { $0.isLocked = isLocked }
    }

    /// Where it is set, reading the baseline waits until it ends.
    let gate: AsyncStream<Void>?

    init(gate: AsyncStream<Void>? = nil) {
        self.gate = gate
    }

    private func write(_ body: (inout Contents) throws -> Void) throws {
        try access { contents in
            if contents.isReadOnly { throw Locked() }
            try body(&contents)
        }
    }

    private func access<Value: Sendable>(_ body: (inout Contents) throws -> sending Value) throws -> Value {
        try contents.withLock { contents in
            if contents.isLocked { throw Locked() }
            return try body(&contents)
        }
    }

    func record(_ evaluations: [Evaluation]) throws {
        try write { $0.evaluations.append(evaluations) }
    }

    func record(_ rollback: Rollback) throws {
        try write { $0.rollbacks.append(rollback) }
    }

    func loadLatch() throws -> RollbackLatch {
        try access { $0.latch }
    }

    func changeLatch(_ change: @escaping @Sendable (inout RollbackLatch) throws -> Void) throws -> RollbackLatch {
        try access { contents in
            if contents.isReadOnly { throw Locked() }
            var latch = contents.latch
            try change(&latch)
            contents.latch = latch
            return latch
        }
    }

    func loadBaseline() async throws -> Baseline? {
        if let gate { for await _ in gate {} }
        return try access { contents in
            if contents.isBaselineUnreadable {
                throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "no histogram"))
            }
            return contents.baseline
        }
    }

    func save(_ baseline: Baseline) throws {
        try write { $0.baseline = baseline }
    }
}
