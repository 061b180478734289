import ParallaxCore
import Synchronization

/// What is still to be written to the record: the evaluator's driver puts in and goes on, and the writeQueue writes when
/// the record lets it.
///
/// Bounded: of what the triggers made of their data the oldest is dropped, and counted. Rollbacks and changes of the
/// latch are few, never dropped and written in their order, so that an acknowledgement finds the rollback that it is for.
/// Of baselines the latest is enough.
final class RollbackWriteQueue: Sendable {
    enum Entry: Equatable, Sendable {
        case evaluations([Evaluation])
        case rollback(Rollback)
        case latched(Evaluation, hold: FlagHold?)
        /// The hold is over: the flag file has taken its place.
        case released
        case acknowledged(Acknowledgement)
        /// The latch as others who share the flag file hold it.
        case adopted(RollbackLatch)
        case baseline(Baseline)

        fileprivate var kind: Kind {
            switch self {
            case .evaluations: .evaluations
            case .rollback, .latched, .released, .acknowledged, .adopted: .rollback
            case .baseline: .baseline
            }
        }
    }

    fileprivate enum Kind: CaseIterable {
        case rollback
        case baseline
        case evaluations
    }

    /// How far the record is behind.
    struct Backlog: Equatable, Sendable {
        /// Entries that are not written yet.
        var pending = 0
        /// Evaluations that were dropped since the process started.
        var droppedEvaluations = 0
        /// Attempts to write that failed since the process started.
        var failures = 0
    }

    private struct State {
        var entries: [Kind: [Entry]] = [:]
        var backlog = Backlog()
    }

    /// An hour of evaluations at one every ten seconds.
    static let maximumEvaluations = 360

    private let state = Mutex(State())
    private let record: any RollbackStore

    init(record: any RollbackStore) {
        self.record = record
    }

    var backlog: Backlog {
        state.withLock { state in
            var backlog = state.backlog
            backlog.pending = state.entries.values.reduce(0) { $0 + $1.count }
            return backlog
        }
    }

    /// Whether a change of the latch waits to be written, so that the record's is out of date.
    var holdsLatchChange: Bool {
        state.withLock { state in
            state.entries[.rollback]?.contains { if case .rollback = $0 { false } else { true } } == true
        }
    }

    func append(_ entry: Entry) {
        state.withLock { state in
            if entry.kind == .baseline { state.entries[.baseline] = [] }
            state.entries[entry.kind, default: []].append(entry)
            guard entry.kind == .evaluations, state.entries[.evaluations]!.count > RollbackWriteQueue.maximumEvaluations
            else { return }
            if case .evaluations(let dropped) = state.entries[.evaluations]!.removeFirst() {
                state.backlog.droppedEvaluations += dropped.count
            }
        }
    }

    /// Writes what it holds, what matters most first. What fails stays for the next time, and keeps back what is of its
    /// own kind only. One caller at a time.
    ///
    /// - Returns: The first error, if there was one.
    func write() async -> (any Error)? {
        var firstError: (any Error)?
        for kind in Kind.allCases {
            do {
                while let entry = state.withLock({ $0.entries[kind]?.first }) {
                    try await write(entry)
                    remove(entry)
                }
            } catch {
                state.withLock { $0.backlog.failures += 1 }
                firstError = firstError ?? error
            }
        }
        return firstError
    }

    /// Takes out what was written, unless it was dropped or replaced in the meantime.
    private func remove(_ entry: Entry) {
        state.withLock { state in
            if state.entries[entry.kind]?.first == entry { state.entries[entry.kind]!.removeFirst() }
        }
    }

    private func write(_ entry: Entry) async throws {
        switch entry {
        case .evaluations(let evaluations): try await record.record(evaluations)
        case .rollback(let rollback): try await record.record(rollback)
        case .latched(let evaluation, let hold): _ = try await record.changeLatch { $0.fire(evaluation, hold: hold) }
        case .released: _ = try await record.changeLatch { $0.releaseHold() }
        // Another process may have cleared it first, and then there is nothing left to do.
        case .acknowledged(let acknowledgement):
            _ = try await record.changeLatch { latch in try? latch.acknowledge(acknowledgement) }
        case .adopted(let latch): _ = try await record.changeLatch { $0 = $0.merged(with: latch) }
        case .baseline(let baseline): try await record.save(baseline)
        }
    }
}
