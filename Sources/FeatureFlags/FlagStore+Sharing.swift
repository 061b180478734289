import Foundation
package import ParallaxCore
import Synchronization

/// What instances that share a file tell each other of what they have applied.
extension FlagStore {
    struct Posting {
        let applied: InstanceStatus
        /// On the steady clock.
        let time: Duration
    }

    /// What every instance that shares the file has applied, by its own word, in the order of their names.
    package func instances() async -> [InstanceStatus] {
        await onQueue {
            (try? InstanceStatusFiles(beside: self.file.resolved()).all()) ?? []
        }
    }

    /// Lets those who share the file know which triggers could not cause a rollback here, and what each lacks.
    package func tell(unarmed: [String: String]) {
        work.withLock { $0.unarmed = unarmed }
    }

    /// Takes this instance's word back, as it goes.
    package func withdraw() async {
        await onQueue {
            guard let instance = self.instance, let target = try? self.file.resolved() else { return }
            InstanceStatusFiles(beside: target).withdraw(instance)
        }
    }

    /// Takes this instance's word back, and tries a last time to keep what is not in the history yet.
    func end() async {
        await withdraw()
        recorder.retry()
        await recorder.finish()
    }

    /// Says what this instance has applied, if that has changed or was said a while ago. Runs on the store's queue.
    func post() {
        guard let instance else { return }
        let uptime = uptime()
        let (health, last) = (health, work.withLock { $0.posting })
        let time = now()
        let isSameContent = last != nil && last?.applied.contentHash == health.contentHash
        var applied = InstanceStatus(
            instance: instance, contentHash: health.contentHash,
            since: isSameContent ? last?.applied.since ?? time : time, strategy: health.effective.strategy.rawValue,
            state: health.state.rawValue, isHeldAtLegacy: health.isHeldAtLegacy,
            isPinnedToLegacy: environment.distributedEnabled == false, time: time)
        applied.unarmed = work.withLock { $0.unarmed }
        if let last, last.applied.says(the: applied), uptime - last.time < InstanceStatus.interval { return }
        // Also if it fails: it is tried again after the interval, not at every reading.
        work.withLock { $0.posting = Posting(applied: applied, time: uptime) }
        do {
            try InstanceStatusFiles(beside: file.resolved()).post(applied)
            note(.posting, nil)
        } catch {
            note(.posting, "the file that tells other instances what this one has applied cannot be written: \(error)")
        }
    }
}

extension InstanceStatus {
    /// Whether another says the same, but for the time.
    fileprivate func says(the other: InstanceStatus) -> Bool {
        contentHash == other.contentHash && strategy == other.strategy && state == other.state
            && isHeldAtLegacy == other.isHeldAtLegacy && unarmed?.keys == other.unarmed?.keys
    }
}

/// The baselines that instances of one flag file share, in a file of the folder next to it.
extension FlagStore {
    private static let baselineName = "baseline.json"

    /// The shared baselines as they were last read, with the bytes that they were read from.
    struct BaselineReading {
        var bytes: [UInt8]
        var baseline: SharedBaseline
    }

    /// What is shared, as of the last reading; `nil` if there is nothing.
    package var sharedBaseline: SharedBaseline? { work.withLock { $0.baseline?.baseline } }

    /// Shares what this instance has frozen.
    ///
    /// - Throws: ``FlagFileError`` if the folder cannot be written.
    package func share(_ baseline: Baseline) async throws(FlagFileError) {
        try await change { $0.merge(baseline) }
    }

    /// Voids all baselines, here and in all instances that share the file.
    ///
    /// - Throws: ``FlagFileError`` if the folder cannot be written.
    package func forgetBaselines(_ word: Acknowledgement) async throws(FlagFileError) {
        try await change { $0.forget(word) }
    }

    /// Reads what others have shared since. Runs on the store's queue.
    func readBaseline() {
        guard let target = try? file.resolved(),
            let bytes = CoordinationFolder(beside: target).read(FlagStore.baselineName),
            work.withLock({ $0.baseline?.bytes != bytes }),
            let baseline = try? JSONDecoder().decode(SharedBaseline.self, from: Data(bytes))
        else { return }
        work.withLock { $0.baseline = BaselineReading(bytes: bytes, baseline: baseline) }
    }

    private func change(
        _ change: @escaping @Sendable (inout SharedBaseline) -> Void
    ) async throws(FlagFileError) {
        let result = await onQueue { () -> Result<Void, FlagFileError> in
            do throws(FlagFileError) {
                return .success(try self.changeOnQueue(change))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Under the lock, so that of two changes none is lost.
    private func changeOnQueue(_ change: (inout SharedBaseline) -> Void) throws(FlagFileError) {
        let target = try file.resolved()
        try FlagFileLock.hold(beside: target) { () throws(FlagFileError) in
            readBaseline()
            var baseline = sharedBaseline ?? SharedBaseline()
            let before = baseline
            change(&baseline)
            guard baseline != before else { return }
            try write(baseline, beside: target)
        }
    }

    private func write(_ baseline: SharedBaseline, beside target: String) throws(FlagFileError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let data = try? encoder.encode(baseline) else { preconditionFailure("histograms cannot be encoded") }
        do throws(SystemCallError) {
            try CoordinationFolder(beside: target).replace(FlagStore.baselineName, with: Array(data))
        } catch {
            throw FlagFileError(error, doing: "share a baseline next to", path: file.path)
        }
        work.withLock { $0.baseline = BaselineReading(bytes: Array(data), baseline: baseline) }
    }
}
