/// The baselines that the instances of one flag file share, so that a new one need not learn its own.
package struct SharedBaseline: Codable, Equatable, Sendable {
    /// The newest that any instance has frozen, by source; nothing that is being learned.
    package private(set) var baseline = Baseline()
    /// A person's word that what was frozen before it is void; `nil` if there is none.
    package private(set) var forgotten: Acknowledgement?

    package init() {}

    /// Takes over what an instance has frozen, of each source of which it is newer.
    mutating package func merge(_ other: Baseline) {
        var other = other
        if let forgotten { other.forget(frozenUntil: forgotten.time) }
        baseline.adoptFrozen(of: other, ifNewer: true)
    }

    /// Voids all baselines.
    mutating package func forget(_ word: Acknowledgement) {
        baseline = Baseline()
        forgotten = word
    }
}

extension Baseline {
    /// Takes over what is frozen elsewhere, of each source of which nothing is frozen here.
    ///
    /// - Parameter ifNewer: Also of those of which something older is frozen here.
    /// - Returns: Whether anything was taken over.
    @discardableResult
    package mutating func adoptFrozen(of other: Baseline, ifNewer: Bool = false) -> Bool {
        let before = self
        service.adoptFrozen(of: other.service, ifNewer: ifNewer)
        application.adoptFrozen(of: other.application, ifNewer: ifNewer)
        return self != before
    }

    /// Forgets what was frozen, or began to be learned, at a time or before it.
    ///
    /// - Returns: Whether there was any.
    @discardableResult
    package mutating func forget(frozenUntil time: Timestamp) -> Bool {
        let before = self
        service.forget(until: time)
        application.forget(until: time)
        return self != before
    }
}
