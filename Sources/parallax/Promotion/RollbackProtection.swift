import CommandSupport
import DivergenceStore
import FeatureFlags
import Foundation
import ParallaxCore
import Settings

/// Whether an automatic rollback can take place after a step forward.
struct RollbackProtection {
    let latches: [RollbackLatch]
    /// For how long a rollback holds off after an acknowledgement; `nil` if those settings are invalid.
    let settings: RollbackSettings?
    let now: Timestamp

    /// As far as the flag file and a database know.
    init(store: FlagStore, database: String) async {
        var latches = [store.sharedLatch].compactMap(\.self)
        if let stored = try? await Self.stored(in: database) { latches.append(stored) }
        self.init(latches: latches, settings: await Self.settings())
    }

    init(latches: [RollbackLatch], settings: RollbackSettings?, now: Timestamp = Timestamp.now()) {
        self.latches = latches
        self.settings = settings
        self.now = now
    }

    /// The watchdog's settings; `nil` if one of them is invalid, which must not keep a person from changing the flags.
    static func settings() async -> RollbackSettings? {
        let loaded = await Settings.load()
        return loaded.errors(for: .rollback).isEmpty ? loaded.settings.rollback : nil
    }

    /// The latest rollback that is known, one that waits before others.
    var latest: RollbackLatch? {
        latches.max {
            ($0.isLatched ? 1 : 0, $0.firing?.time ?? .init(milliseconds: .min))
                < ($1.isLatched ? 1 : 0, $1.firing?.time ?? .init(milliseconds: .min))
        }
    }

    /// Until when no rollback takes place, in words; `nil` if one can, as far as is known.
    var gap: String? {
        let latched = latches.filter(\.isLatched).map { $0.state(at: now, settings: settings ?? RollbackSettings()) }
        let cleared = settings.map { settings in latches.map { $0.state(at: now, settings: settings) } } ?? []
        // A rollback that waits weighs more than one that was acknowledged a short while ago.
        return (latched + cleared).lazy.compactMap { $0.gap { "\($0.text) UTC" } }.first
    }

    /// Tells who goes forward.
    func warn(going strategy: Strategy) {
        guard strategy != .legacy, let gap else { return }
        Terminal.note("note: at \(strategy.rawValue) from now on, and \(gap.escapedForTerminal)")
    }

    private static func stored(in path: String) async throws -> RollbackLatch? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try await SQLiteRollbackStore(store: DivergenceStore(readingFrom: path)).loadLatch()
    }
}

/// The latest rollback that all who share a flag file know of, in a line for a terminal.
struct LatchText {
    let latch: RollbackLatch?
    /// For how long a rollback holds off; `nil` if those settings are invalid.
    let settings: RollbackSettings?
    let now: Timestamp

    /// Empty if there was none.
    var text: String {
        guard let latch, let firing = latch.firing else { return "" }
        let acknowledgement =
            latch.acknowledgement.map {
                "acknowledged \($0.time.text) UTC by \($0.by.escapedForTerminal)"
            } ?? "not acknowledged"
        let line = "rollback  \(firing.trigger.rawValue) at \(firing.time.text) UTC, \(acknowledgement)"
        if latch.isLatched {
            let reach = latch.hold == nil ? "" : "; it is not in the file, and holds an instance at legacy"
            return line + reach + "; no automatic rollback until then"
        }
        guard let settings, case .holdingOff(let end) = latch.state(at: now, settings: settings) else { return line }
        return line + "; no automatic rollback until \(end.text) UTC"
    }
}
