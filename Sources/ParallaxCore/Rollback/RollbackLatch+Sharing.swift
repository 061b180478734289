/// Latches of instances that share a flag file, put together.
extension RollbackLatch {
    /// This latch, cleared also by the word that another holds.
    ///
    /// A word counts for the rollback that it was given for, and for all that took place before it: instances that share a
    /// file are often rolled back by the same outage, and one person answers for them all. Across instances that is as
    /// exact as their clocks agree; where they do not, a rollback stays latched until it is acknowledged once more.
    package func acknowledged(alsoBy other: RollbackLatch) -> RollbackLatch {
        guard let firing, acknowledgement == nil, let word = other.acknowledgement else { return self }
        guard other.firing == firing || word.time >= firing.time else { return self }
        var latch = self
        try? latch.acknowledge(word)
        return latch
    }

    /// The word that clears a rollback of some instance that shares this latch; `nil` if it waits, or its word was replaced
    /// by that of a later one.
    package func acknowledgement(of time: Timestamp) -> Acknowledgement? {
        guard let firing, let acknowledgement, time <= max(firing.time, acknowledgement.time) else { return nil }
        return acknowledgement
    }

    /// What an instance holds once it knows the latch that all share: the later rollback, with the acknowledgement of
    /// either, and its own hold.
    package func merged(with shared: RollbackLatch) -> RollbackLatch {
        guard let theirs = shared.firing else { return self }
        guard let ours = firing, ours.time > theirs.time || ours == theirs else {
            return shared.acknowledged(alsoBy: self).keeping(hold ?? shared.hold)
        }
        return acknowledged(alsoBy: shared)
    }
}
