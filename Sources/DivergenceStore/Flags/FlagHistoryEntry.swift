package import ParallaxCore

/// One row of the flag history.
package struct FlagHistoryEntry: Equatable, Sendable {
    /// 1 for the first change, then without gaps.
    package let sequence: Int64
    package let change: FlagChange
    /// The hash of the row before, 64 zeros before the first; and this row's, which covers everything in it. SHA-256 in
    /// lower-case hexadecimal.
    package let previousHash: String
    package let hash: String
}

/// Where the chain of the flag history is broken.
package struct FlagHistoryBreak: Equatable, Sendable {
    package enum Fault: String, Sendable {
        /// A row before this one is gone.
        case missingRow = "missing_row"
        /// The row does not follow from the one before it.
        case wrongPreviousHash = "wrong_previous_hash"
        /// The row is not what was written.
        case changedRow = "changed_row"
    }

    package let sequence: Int64
    package let fault: Fault
}
