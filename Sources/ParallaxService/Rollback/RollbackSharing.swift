package import ParallaxCore

/// What an evaluator knows of others that share its flag file, and how it tells them.
///
/// Neither waits for a disk on the evaluator's way.
package struct RollbackSharing: Sendable {
    /// The highest number that any change of the flags had, as of the last reading of the file.
    package let number: @Sendable () -> Int64
    /// The latch that all share; `nil` where there is none.
    package let latch: @Sendable () -> RollbackLatch?
    /// Tells the others of an acknowledgement.
    package let publish: @Sendable (RollbackLatch) async -> Void

    package init(
        number: @escaping @Sendable () -> Int64, latch: @escaping @Sendable () -> RollbackLatch?,
        publish: @escaping @Sendable (RollbackLatch) async -> Void
    ) {
        self.number = number
        self.latch = latch
        self.publish = publish
    }

    /// For an evaluator that shares its file with nobody.
    package static let none = RollbackSharing(number: { 0 }, latch: { nil }, publish: { _ in })
}

extension RollbackSharing {
    /// Shares through the folder beside the flag file.
    package init(_ flags: FlagStore) {
        self.init(
            number: { flags.fenceNumber }, latch: { flags.sharedLatch }, publish: { await flags.publish($0) })
    }
}

/// A rollback that was decided on what is past: it is decided anew.
package struct RollbackSuperseded: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
