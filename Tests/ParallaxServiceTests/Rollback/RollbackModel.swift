@testable import FeatureFlags
import DivergenceStore
import Foundation
import Glibc
import ParallaxCore
import ParallaxTesting
import Synchronization

@testable import ParallaxService

/// A fleet on one flag file in virtual time, with databases of its own, to which everything happens that can.
///
/// What must hold is checked after every second of every instance.
final class RollbackModel {
    /// What can happen.
    enum Event: CaseIterable {
        case redisFails, redisRecovers
        /// The file and the folder next to it cannot be written, or can be again.
        case fileFails, fileRecovers
        case recordFails, recordRecovers
        /// An instance dies, at times between its evaluation and the record, and starts again.
        case crash
        case editByOther, forwardByOther, legacyByOther
        case forwardByPerson, legacyByPerson
        case acknowledgeAtInstance, acknowledgeInDatabase
    }

    /// A rule that was broken, and all that led there.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    private struct Member {
        let name: String
        let record: ScriptedRecord
        let isRedisUp: SharedFileWorld.Mutable<Bool>
        let canWrite: SharedFileWorld.Mutable<Bool>
        var store: FlagStore
        var service: RollbackService
    }

    private static let settings: RollbackSettings = {
        var settings = RollbackSettings()
        settings.redisDownSeconds = 4
        settings.evaluationInterval = 2
        settings.holdOffSeconds = 10
        return settings
    }()

    private let time = SharedFileWorld.Time()
    private let folder: FlagFolder
    private var random: SplitMix64
    private var members: [Member] = []
    private var story: [String] = []
    /// When the file last said `legacy`, and when a person last set it forward.
    private var lastLegacy = Timestamp(milliseconds: .min)
    private var lastForward = Timestamp(milliseconds: .min)

    init(instances: Int, seed: UInt64, in folder: FlagFolder) async throws {
        self.folder = folder
        random = SplitMix64(seed: seed)
        try folder.writeAtomically(.distributed)
        for number in 0..<instances {
            let name = "instance-\(number)"
            let record = ScriptedRecord(try DivergenceStore(path: "\(folder.folder)/\(name).sqlite"))
            let (isRedisUp, canWrite) = (SharedFileWorld.Mutable(true), SharedFileWorld.Mutable(true))
            let (store, service) = try await start(name, record, isRedisUp, canWrite)
            members.append(
                Member(
                    name: name, record: record, isRedisUp: isRedisUp, canWrite: canWrite, store: store,
                    service: service))
        }
    }

    private func start(
        _ name: String, _ record: ScriptedRecord, _ isRedisUp: SharedFileWorld.Mutable<Bool>,
        _ canWrite: SharedFileWorld.Mutable<Bool>
    ) async throws -> (FlagStore, RollbackService) {
        let (time, path) = (time, folder.path)
        let file = FlagFile(path: path) { canWrite.value ? nil : SystemCallError(number: ENOSPC) }
        let store = FlagStore(
            file: file, environment: .none, isProduction: false, history: nil, instance: name,
            lease: .seconds(6), now: { time.wall }, uptime: { .milliseconds(time.steady) })
        await store.start()
        let service = try RollbackService(
            settings: Self.settings, observer: RollbackObserver(), flags: { store.current },
            probe: { isRedisUp.value },
            flipToLegacy: { by, reason, claim in
                try await store.flipToLegacy(by: by, reason: reason, claim: claim)
            }, sharing: RollbackSharing(store), record: record, logger: CapturedLog().logger,
            now: { ClockReading(steadyMilliseconds: time.steady, wall: time.wall) })
        await service.start()
        return (store, service)
    }

    /// Lets events happen at random, and checks.
    func run(events: Int) async throws {
        for _ in 0..<events {
            let event = Event.allCases.randomElement(using: &random)!
            let place = members.indices.randomElement(using: &random)!
            story.append("\(time.steady / 1000) s: \(event) \(place)")
            try await happen(event, at: place)
            try await pass(seconds: Int.random(in: 0...8, using: &random))
        }
    }

    /// Repairs everything, lets things settle, and checks what must be true then.
    func settle() async throws {
        for member in members {
            member.isRedisUp.value = true
            member.canWrite.value = true
            member.record.isFailing = false
        }
        try await pass(seconds: 30)
        for member in members {
            let isLatched = isLatched(member)
            let open = try await member.record.store.latestUnacknowledgedRollback()
            if let open, !isLatched {
                throw fault("\(member.name) shows an acknowledged rollback as open: \(open.rollback.evaluation.time)")
            }
            let stored = try await member.record.loadLatch()
            if stored.isLatched != isLatched { throw fault("\(member.name): the record and the service disagree") }
        }
        // A rollback that never reached the file is its instance's own.
        if members[0].store.sharedLatch?.isLatched == true, !members.allSatisfy(isLatched) {
            throw fault("only \(members.filter(isLatched).map(\.name)) know of a rollback that waits")
        }
        story = []
    }

    private func happen(_ event: Event, at place: Int) async throws {
        let member = members[place]
        switch event {
        case .redisFails: for member in members { member.isRedisUp.value = false }
        case .redisRecovers: for member in members { member.isRedisUp.value = true }
        case .fileFails: member.canWrite.value = false
        case .fileRecovers: member.canWrite.value = true
        case .recordFails: member.record.isFailing = true
        case .recordRecovers: member.record.isFailing = false
        case .crash:
            if Bool.random(using: &random) {
                time.advance(1000)
                await member.store.refresh()
                await member.service.probeOnce()
                await member.service.evaluate()
            }
            let (store, service) = try await start(member.name, member.record, member.isRedisUp, member.canWrite)
            (members[place].store, members[place].service) = (store, service)
            try check(members[place])
        case .editByOther:
            let text = String(decoding: try folder.content(), as: UTF8.self)
            try folder.write(text + "\n")
        case .forwardByOther: try folder.writeAtomically(.distributed)
        case .legacyByOther:
            try folder.writeAtomically(.legacy)
            lastLegacy = time.wall
        case .forwardByPerson:
            try await set(FlagUpdate(distributedEnabled: true, hybrid: Bool.random(using: &random)))
            lastForward = time.wall
        case .legacyByPerson:
            try await set(.rollback)
            lastLegacy = time.wall
        case .acknowledgeAtInstance:
            guard (try? member.service.acknowledge(by: "ann", reason: "seen")) != nil else { return }
            await member.service.shareAcknowledgement()
        case .acknowledgeInDatabase:
            let word = Acknowledgement(time: time.wall, by: "bob", reason: "seen")
            _ = try? await member.record.changeLatch { try $0.acknowledge(word) }
        }
    }

    private func set(_ update: FlagUpdate) async throws {
        let time = time
        let store = FlagStore(
            path: folder.path, environment: .none, isProduction: false, now: { time.wall },
            uptime: { .milliseconds(time.steady) })
        await store.refresh()
        try await store.set(update, by: "ann", reason: "by hand")
    }

    private func pass(seconds: Int) async throws {
        for _ in 0..<seconds {
            time.advance(1000)
            for member in members {
                await member.store.refresh()
                try check(member)
                await member.service.probeOnce()
                if await member.service.evaluateIfDue() || member.service.writeQueue.backlog.pending > 0 {
                    await member.service.synchronize()
                }
                if try fileValues().strategy == .legacy { lastLegacy = time.wall }
                try check(member)
            }
        }
    }

    /// Never Redis only while a rollback waits that is not in the file and that no person has gone past.
    private func check(_ member: Member) throws {
        guard case .latched(let firing) = member.service.health.latch, member.store.current.strategy != .legacy,
            lastLegacy < firing.time, lastForward < firing.time
        else { return }
        throw fault("\(member.name) is at \(member.store.current.strategy) over the rollback of \(firing.time)")
    }

    private func isLatched(_ member: Member) -> Bool {
        if case .latched = member.service.health.latch { true } else { false }
    }

    private func fileValues() throws -> FlagValues {
        try FlagDefinitionFile(parsing: folder.content(), fallback: .defaultValue).values
    }

    private func fault(_ text: String) -> Fault {
        Fault(description: "\(time.steady / 1000) s: \(text); " + story.joined(separator: "; "))
    }
}

/// A database that can be made to refuse what is written, as one that is full or locked by another program.
final class ScriptedRecord: RollbackStore {
    struct Failing: Error {}

    let store: DivergenceStore
    private let record: SQLiteRollbackStore
    private let isBroken = Mutex(false)

    init(_ store: DivergenceStore) {
        self.store = store
        record = SQLiteRollbackStore(store: store)
    }

    var isFailing: Bool {
        get { isBroken.withLock { $0 } }
        set { isBroken.withLock { $0 = newValue } }
    }

    private func requireWriting() throws {
        if isFailing { throw Failing() }
    }

    /// Of no concern here, and most of what is written.
    func record(_ evaluations: [Evaluation]) {}

    func record(_ rollback: Rollback) async throws {
        try requireWriting()
        try await record.record(rollback)
    }

    func loadLatch() async throws -> RollbackLatch { try await record.loadLatch() }

    func changeLatch(_ change: @escaping @Sendable (inout RollbackLatch) throws -> Void) async throws
        -> RollbackLatch
    {
        try requireWriting()
        return try await record.changeLatch(change)
    }

    func loadBaseline() -> Baseline? { nil }

    func save(_ baseline: Baseline) {}
}
