package import ParallaxCore

/// What one instance has applied of a flag file, as it says next to the file.
package struct AppliedFlags: Codable, Equatable, Sendable {
    /// How often an instance says so again if nothing has changed.
    package static let interval: Duration = .seconds(10)
    /// Without a newer status for longer, an instance has crashed or is cut off.
    package static let silenceMilliseconds: Int64 = 60_000
    /// Without a newer status for longer, it is forgotten.
    package static let forgottenMilliseconds: Int64 = 3_600_000

    package let instance: String
    /// The SHA-256 of the content that it has applied; `nil` if it has read no good one.
    package let contentHash: String?
    /// Since when it has applied that.
    package let since: Timestamp
    /// What holds in consequence, its environment and a rollback of its own included.
    package let strategy: String
    /// What it makes of the file as it is: a raw value of ``FlagHealth/State``.
    package let state: String
    /// Whether a rollback that is not in the file holds only this instance.
    package let isHeldAtLegacy: Bool
    /// Whether its environment keeps it at `legacy` whatever the file says; `nil` from earlier versions.
    package let isPinnedToLegacy: Bool?
    /// When it said so, by its own clock.
    package let time: Timestamp
    /// What each trigger lacks that could not cause a rollback there; `nil` from earlier versions.
    package var unarmed: [String: String]?

    package init(
        instance: String, contentHash: String?, since: Timestamp, strategy: String, state: String,
        isHeldAtLegacy: Bool, isPinnedToLegacy: Bool? = nil, time: Timestamp
    ) {
        self.instance = instance
        self.contentHash = contentHash
        self.since = since
        self.strategy = strategy
        self.state = state
        self.isHeldAtLegacy = isHeldAtLegacy
        self.isPinnedToLegacy = isPinnedToLegacy
        self.time = time
    }
}

extension AppliedFlags {
    /// How an instance stands to a flag file.
    package enum Standing: String, Sendable {
        /// It has applied the file as it is.
        case current
        /// It has applied the file, and something of its own makes it do otherwise: its environment, or a rollback that
        /// could not be written.
        case deviating
        /// It has applied another content.
        case behind
        /// Its status is old.
        case silent
    }

    /// Whether its status is old.
    package func isSilent(at now: Timestamp) -> Bool { now - time > AppliedFlags.silenceMilliseconds }

    /// - Parameters:
    ///   - contentHash: The file's; `nil` if the file is invalid, so that no one can be behind it.
    ///   - strategy: What the file says.
    package func standing(contentHash: String?, strategy: Strategy, at now: Timestamp) -> Standing {
        if isSilent(at: now) { return .silent }
        guard let contentHash else { return .current }
        guard self.contentHash == contentHash else { return .behind }
        return isHeldAtLegacy || self.strategy != strategy.rawValue ? .deviating : .current
    }
}
