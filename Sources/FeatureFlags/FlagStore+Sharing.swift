import Foundation
package import ParallaxCore
import Synchronization

/// What instances that share a file tell each other next to it: what each has applied, its rollbacks, its baselines.
extension FlagStore {
    /// What every instance that shares the file has applied, by its own word, in the order of their names.
    package func instances() async -> [InstanceStatus] {
        (try? folder().instances.all()) ?? []
    }

    /// Lets those who share the file know which triggers could not cause a rollback here, and what each lacks.
    package nonisolated func tell(unarmed: [String: String]) {
        published.withLock { $0.unarmed = unarmed }
    }

    /// Takes this instance's word back, as it goes.
    package func withdraw() async {
        guard let instance else { return }
        try? folder().instances.withdraw(instance)
    }

    /// Waits until the history has every change so far, or could not be written: a process that ends before leaves them
    /// for others to find.
    package nonisolated func finishHistory() async { await recorder.finish() }

    /// Takes this instance's word back, and tries a last time to keep what is not in the history yet.
    func end() async {
        await withdraw()
        recorder.retry()
        await recorder.finish()
    }

    /// Says what this instance has applied, if that has changed or was said a while ago.
    func postStatus() {
        guard let instance else { return }
        let (uptime, time) = (uptime(), now())
        let health = health
        let isSameContent = posted.map { $0.status.contentHash == health.contentHash } ?? false
        var status = InstanceStatus(
            instance: instance, contentHash: health.contentHash,
            since: isSameContent ? posted?.status.since ?? time : time, strategy: health.effective.strategy.rawValue,
            state: health.state.rawValue, isHeldAtLegacy: health.isHeldAtLegacy,
            isPinnedToLegacy: state.flags.environment.distributedEnabled == false, time: time)
        status.unarmed = published.withLock { $0.unarmed }
        if let posted, posted.status.says(the: status), uptime - posted.time < InstanceStatus.interval { return }
        // Also if it fails: it is tried again after the interval, not at every reading.
        posted = (status, uptime)
        do {
            try folder().instances.post(status)
            note(.postingStatus, nil)
        } catch {
            note(
                .postingStatus,
                "the file that tells other instances what this one has applied cannot be written: \(error)")
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

// MARK: - Rollbacks

extension FlagStore {
    /// Keeps a rollback of this instance for all who share the file; without a word if that is not possible, since the
    /// instance's own record has it too.
    package func keep(_ rollback: Rollback, isHeld: Bool) async {
        guard let instance else { return }
        try? folder().rollbacks.add(KeptRollback(rollback, instance: instance, isHeld: isHeld))
    }

    /// The latest rollbacks of all who share the file, the newest first.
    package func rollbacks() async -> [KeptRollback] {
        (try? folder().rollbacks.all()) ?? []
    }
}

// MARK: - Baselines

extension FlagStore {
    /// Shares what this instance has frozen.
    ///
    /// - Throws: ``FlagFileError`` if the folder cannot be written.
    package func share(_ baseline: Baseline) async throws(FlagFileError) {
        try change { $0.merge(baseline) }
    }

    /// Voids all baselines, here and in all instances that share the file.
    ///
    /// - Throws: ``FlagFileError`` if the folder cannot be written.
    package func forgetBaselines(_ word: Acknowledgement) async throws(FlagFileError) {
        try change { $0.forget(word) }
    }

    /// Reads what others have shared since.
    func readBaseline() {
        guard let bytes = (try? folder())?.readBaseline(), bytes != baselineBytes,
            let baseline = try? JSONDecoder().decode(SharedBaseline.self, from: Data(bytes))
        else { return }
        baselineBytes = bytes
        state.baseline = baseline
    }

    /// Under the lock, so that of two changes none is lost.
    private func change(_ change: (inout SharedBaseline) -> Void) throws(FlagFileError) {
        let target = try file.resolved()
        try FlagFileLock.hold(beside: target) { () throws(FlagFileError) in
            readBaseline()
            let before = state.baseline ?? SharedBaseline()
            var baseline = before
            change(&baseline)
            guard baseline != before else { return }
            do throws(SystemCallError) {
                baselineBytes = try CoordinationFolder(beside: target).write(baseline)
            } catch {
                throw FlagFileError(error, doing: "share a baseline next to", path: file.path)
            }
            state.baseline = baseline
        }
    }
}
