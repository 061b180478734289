import Foundation
package import ParallaxCore

/// What one instance saw in the watch after a promotion, kept in its database across restarts.
package struct StoredSoakPeriod: Sendable {
    private static let key = "watch"
    /// More changes than any migration has; of older ones a watch is told wrongly, and nothing else.
    private static let maximumChanges = 10_000

    private let store: DivergenceStore

    package init(store: DivergenceStore) {
        self.store = store
    }

    /// The latest watch in this database's flag history.
    ///
    /// - Parameter strategy: What the flag file says now.
    package func loadSoakPeriod(strategy: Strategy) async throws -> SoakPeriod? {
        let changes = try await store.flagHistory(limit: Self.maximumChanges).map(\.change)
        return SoakPeriod(changes: changes, strategy: strategy)
    }

    /// What was kept; `nil` if nothing was.
    package func loadSoakTally() async throws -> SoakTally? {
        guard let text = try await store.rollbackState(Self.key) else { return nil }
        return try JSONDecoder().decode(SoakTally.self, from: Data(text.utf8))
    }

    /// Keeps for reports that an instance began to raise an alert.
    package func note(alert name: String, instance: String, at time: Timestamp) async throws {
        try await store.note(alert: name, instance: instance, at: time)
    }

    /// Replaces the last with it.
    package func save(_ tally: SoakTally) async throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = String(decoding: try encoder.encode(tally), as: UTF8.self)
        try await store.setRollbackState(Self.key, to: text, at: .now())
    }
}
