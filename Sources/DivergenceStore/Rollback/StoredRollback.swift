package import ParallaxCore

/// A rollback with the number that acknowledges it.
package struct StoredRollback: Equatable, Sendable {
    package let id: Int64
    package let rollback: Rollback
}

/// Which rollbacks a person has seen.
package enum AcknowledgedRollbacks: Equatable, Sendable {
    case all
    case one(Int64)
}
