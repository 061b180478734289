import ParallaxCore
import Synchronization

/// What instances that share a file tell each other of what they have applied.
extension FlagStore {
    struct Posting {
        let applied: AppliedFlags
        /// On the steady clock.
        let time: Duration
    }

    /// What every instance that shares the file has applied, by its own word, in the order of their names.
    package func instances() async -> [AppliedFlags] {
        await onQueue {
            (try? AppliedFlagsBoard(beside: self.file.resolved()).all()) ?? []
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
            AppliedFlagsBoard(beside: target).withdraw(instance)
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
        var applied = AppliedFlags(
            instance: instance, contentHash: health.contentHash,
            since: isSameContent ? last?.applied.since ?? time : time, strategy: health.effective.strategy.rawValue,
            state: health.state.rawValue, isHeldAtLegacy: health.isHeldAtLegacy,
            isPinnedToLegacy: environment.distributedEnabled == false, time: time)
        applied.unarmed = work.withLock { $0.unarmed }
        if let last, last.applied.says(the: applied), uptime - last.time < AppliedFlags.interval { return }
        // Also if it fails: it is tried again after the interval, not at every reading.
        work.withLock { $0.posting = Posting(applied: applied, time: uptime) }
        do {
            try AppliedFlagsBoard(beside: file.resolved()).post(applied)
            note(.posting, nil)
        } catch {
            note(.posting, "the file that tells other instances what this one has applied cannot be written: \(error)")
        }
    }
}

extension AppliedFlags {
    /// Whether another says the same, but for the time.
    fileprivate func says(the other: AppliedFlags) -> Bool {
        contentHash == other.contentHash && strategy == other.strategy && state == other.state
            && isHeldAtLegacy == other.isHeldAtLegacy && unarmed?.keys == other.unarmed?.keys
    }
}
