package import FeatureFlags
package import Logging
package import ParallaxCore
import ServiceLifecycle
import Synchronization

/// Rehearses a rollback on a running service: flips the flag file as a rollback does, and restores it.
///
/// The caller that asked for the drill looks at the instances in between, and ends it when it has seen enough. If it
/// does not, the service restores the file by itself: at the drill's end, when it shuts down, and after a crash at the
/// next start. Every instance of a file also ends drills that another has left behind.
package final class DrillService: Service {
    /// How long a drill may last.
    static let maximumMilliseconds: Int64 = 30_000
    /// How much longer this instance waits before it ends another instance's drill: the other's own instance comes
    /// first.
    private static let graceMilliseconds: Int64 = 5000
    /// How long a drill that is over is still reported, so that a client that polls once a second sees the shortest.
    private static let lingerMilliseconds: Int64 = 3000

    fileprivate struct State {
        var running: DrillNote?
        /// Whether a drill is about to leave its note: it is no one's that was interrupted.
        var isBeginning = false
        /// The last drill that went well here, until it is recorded.
        var ended: (note: DrillNote, time: Timestamp)?
        var lastSeen: (note: DrillNote, until: Timestamp)?
        var interrupted: DrillNote?
    }

    private let state = Mutex(State())
    private let flags: FlagStore
    private let rollback: @Sendable () -> RollbackHealth
    private let save: @Sendable (RollbackDrill) async throws -> Void
    private let instance: String
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - rollback: What the triggers and the latch are up to.
    ///   - save: Keeps that a drill went well, for the gate.
    ///   - instance: The name of this instance.
    package init(
        flags: FlagStore, rollback: @escaping @Sendable () -> RollbackHealth,
        save: @escaping @Sendable (RollbackDrill) async throws -> Void, instance: String, logger: Logger,
        clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Timestamp = Clocks.system.now
    ) {
        self.flags = flags
        self.rollback = rollback
        self.save = save
        self.instance = instance
        self.logger = logger
        self.clock = clock
        self.now = now
    }

    /// Ends drills that were left behind, until the service shuts down; then also its own.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await self.clock.repeating { await self.endAbandonedDrills() }
        }
        if let note = state.withLock({ $0.running }) { _ = await end(note, because: "the service shuts down") }
    }

    /// Begins a drill.
    ///
    /// - Throws: ``DrillRefusal`` while a rollback is latched, a trigger fires, another drill is under way, or there is
    ///   nothing to drill.
    package func begin(by: String, reason: String) async throws(DrillRefusal) -> DrillNote {
        let said = FlagDeclaration(by: by, reason: reason, changedAt: "")
        guard !said.by.isEmpty, !said.reason.isEmpty else {
            throw DrillRefusal("a drill needs a name and a reason; both are kept")
        }
        try refuseDuringRollbackOrOutage()
        try state.withLock { state throws(DrillRefusal) in
            guard !state.isBeginning else { throw DrillRefusal("another drill begins just now; wait for it") }
            state.isBeginning = true
        }
        defer { state.withLock { $0.isBeginning = false } }
        let (instance, began) = (instance, now())
        let note = try await flags.beginDrill { content in
            DrillNote(
                id: String(UInt64.random(in: .min ... .max), radix: 16), by: said.by, reason: said.reason,
                instance: instance, began: began, until: began + Self.maximumMilliseconds, content: content)
        }
        state.withLock { state in
            state.running = note
            state.lastSeen = (note, note.until)
        }
        logger.notice(
            "A drill of the rollback has the flags at legacy",
            metadata: ["by": "\(note.by)", "reason": "\(note.reason)"])
        return note
    }

    /// Ends the drill that was begun here, and returns the state of the flags.
    ///
    /// - Throws: ``DrillRefusal`` if none is under way.
    package func end() async throws(DrillRefusal) -> DrillEnd {
        guard let note = state.withLock({ $0.running }) else {
            throw DrillRefusal("no drill is under way here; it may have ended by itself")
        }
        return await end(note, because: nil)
    }

    /// Keeps that the last drill went well, with what its caller saw.
    ///
    /// - Parameter heard: The names of the instances that the caller watched. Those that share the flag file and are
    ///   not among them are noted as not heard.
    /// - Throws: ``DrillRefusal`` if the last drill did not end well here, or was kept already.
    package func record(
        appliedMilliseconds: Int64, restoredMilliseconds: Int64, instances: Int, heard: [String]
    ) async throws(DrillRefusal) -> RollbackDrill {
        let now = now()
        let sharing = await flags.instances().filter { !$0.isSilent(at: now) }.map(\.instance)
        let unheard = sharing.filter { !heard.contains($0) }
        guard let ended = state.withLock({ $0.ended }) else {
            throw DrillRefusal("no drill ended well here that is not recorded yet")
        }
        if let outage = rollback().outage {
            throw DrillRefusal(
                "Redis went down during the drill (\(outage)), so it is not noted for the gate; the flags are as they were"
            )
        }
        let drill = RollbackDrill(
            time: ended.time, by: ended.note.by, reason: ended.note.reason, appliedMilliseconds: appliedMilliseconds,
            restoredMilliseconds: restoredMilliseconds, instances: instances,
            heard: heard.isEmpty ? nil : heard, unheard: heard.isEmpty ? nil : unheard)
        do {
            try await save(drill)
        } catch {
            throw DrillRefusal(
                "the drill went well and could not be recorded, so that the gate does not know: \(error)")
        }
        state.withLock { $0.ended = nil }
        return drill
    }

    /// The drill under way, or over for a moment only, for alerts.
    package var alert: AlertRules.Drill? {
        let now = now()
        return state.withLock { state in
            guard let seen = state.lastSeen, now < seen.until else { return nil }
            return AlertRules.Drill(by: seen.note.by, reason: seen.note.reason, time: seen.note.began)
        }
    }

    /// The drill that is under way here; `nil` if none is.
    package var running: DrillNote? { state.withLock { $0.running } }

    /// The drill that was interrupted and has the flags at legacy still, as it could not be ended; `nil` if none is.
    package var interrupted: DrillNote? { state.withLock { $0.interrupted } }

    private func refuseDuringRollbackOrOutage() throws(DrillRefusal) {
        let health = rollback()
        if case .latched(let firing) = health.latch {
            throw DrillRefusal(
                "a rollback by \(firing.trigger.rawValue) waits to be acknowledged: "
                    + "see 'parallax rollback history', then 'parallax rollback acknowledge'")
        }
        if let firing = health.evaluations.first(where: { $0.state == .firing }) {
            throw DrillRefusal("the trigger \(firing.trigger.rawValue) is firing: \(firing.sentence)")
        }
        if let outage = health.outage {
            throw DrillRefusal("Redis is down (\(outage)), so a real rollback may be due: drill once it is up")
        }
    }
}

extension DrillService {
    /// Ends what was left behind.
    func endAbandonedDrills() async {
        guard let note = await flags.drillNote() else {
            return state.withLock { $0.interrupted = nil }
        }
        let now = now()
        let (isOwn, isBeginning) = state.withLock { ($0.running?.id == note.id, $0.isBeginning) }
        if isBeginning { return }
        if isOwn {
            if now >= note.until { _ = await end(note, because: "it was not ended in time") }
        } else if note.instance == instance || now >= note.until + Self.graceMilliseconds {
            // Of the same name and not of this process: an earlier one of this instance began it.
            _ = await end(note, because: "it was interrupted")
        }
    }

    private func end(_ note: DrillNote, because cause: String?) async -> DrillEnd {
        let end = await flags.endDrill(note.id)
        let time = now()
        let isNew = state.withLock { state in
            let wasInterrupted = state.interrupted?.id == note.id
            guard state.keep(end, of: note, at: time, isInOrder: cause == nil) else { return !wasInterrupted }
            state.lastSeen = (note, time + Self.lingerMilliseconds)
            return true
        }
        if isNew { log(end, of: note, cause) }
        return end
    }

    private func log(_ end: DrillEnd, of note: DrillNote, _ cause: String?) {
        var metadata: Logger.Metadata = ["by": "\(note.by)"]
        if let cause { metadata["cause"] = "\(cause)" }
        switch end {
        case .restored where cause == nil:
            logger.notice("The drill ended; the flags are as they were", metadata: metadata)
        case .restored: logger.warning("A drill was ended; the flags are as they were", metadata: metadata)
        case .changedByOthers:
            logger.warning(
                "The drill ended; another person or program wrote the flags, and those stay", metadata: metadata)
        case .takenOver: logger.warning("The drill ended; an operator took over the flags", metadata: metadata)
        case .failed(let error):
            metadata["error"] = "\(error)"
            logger.critical(
                """
                The flags are at legacy because of a drill and cannot be put back; it is tried again. Put them back with \
                'parallax rollback drill --restore'
                """, metadata: metadata)
        }
    }
}

extension DrillService.State {
    /// Notes the state of a drill.
    ///
    /// - Returns: Whether it is over.
    fileprivate mutating func keep(_ end: DrillEnd, of note: DrillNote, at time: Timestamp, isInOrder: Bool) -> Bool {
        if case .failed = end {
            interrupted = note
            return false
        }
        interrupted = nil
        if running?.id == note.id {
            running = nil
            ended = isInOrder && end == .restored ? (note, time) : nil
        }
        return true
    }
}
