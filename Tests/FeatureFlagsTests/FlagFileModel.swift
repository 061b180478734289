@testable import FeatureFlags
import ParallaxCore
import ParallaxTesting

/// A flag file and its claims in memory, changed by three evaluators and by people, one step at a time and in any order.
///
/// The steps are the driver's: each reads or changes what all share once. Anyone can die between two of them. What
/// ``FlagFileProtocol`` promises is checked at every step.
struct FlagFileModel {
    /// A promise that was broken, and what led there.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// How often something happened, so that a test sees that the model reaches it.
    struct Counts: Equatable {
        var flips = 0
        var updates = 0
        var acknowledgements = 0
        var superseded = 0
        var held = 0
        var waits = 0
        var taken = 0
        var takeovers = 0
        var crashes = 0
    }

    /// An evaluator, or a person with a command.
    private struct Participant {
        let name: String
        let isEvaluator: Bool
        var process: String
        var flags = FlagState(environment: .none, isProduction: false)
        var claims = KnownClaims()
        /// What this evaluator knows of the latch.
        var latch = RollbackLatch()
        /// What it decided and has not begun to carry out.
        var decision: RollbackClaim?
        var change: FlagFileProtocol?
        var action: FlagFileProtocol.Action?
        /// The file, between reading it and reading the claims.
        var content: FlagDefinitionFile?

        var number: Int64 { claims.number(written: flags.writtenNumber) }
    }

    private static let lease: Duration = .milliseconds(1000)
    private static let distributed = FlagDefinitionFile.canonical(FlagUpdate(hybrid: false).applied(to: .defaultValue))

    /// Whether writers share a lock, as on one machine. Without, they have only the claims.
    private let hasLock: Bool
    private var random: SplitMix64
    private var participants: [Participant]
    private var file = FlagFileModel.distributed
    private var versions: [FlagDefinitionFile] = []
    private var claims: [Int64: RollbackFence] = [:]
    private var lockHolder: Int?
    private var milliseconds: Int64 = 0
    private var processes = 0
    private var story: [String] = []
    private(set) var counts = Counts()

    /// The numbers of people's changes and of acknowledgements that took place.
    private var newer: [Int64] = []
    private var highestWritten: Int64 = 0
    /// Whether a rollback took place that was not acknowledged.
    private var isLatchOwed = false

    init(seed: UInt64, hasLock: Bool) {
        self.hasLock = hasLock
        random = SplitMix64(seed: seed)
        participants = ["a", "b", "c", "ann", "bob"].enumerated().map { place, name in
            Participant(name: name, isEvaluator: place < 3, process: name)
        }
    }

    /// Lets things happen, and then lets all that was begun end.
    mutating func run(steps: Int) throws {
        for _ in 0..<steps {
            milliseconds += Int64.random(in: 1...5, using: &random)
            if chance(1, of: 50) { milliseconds += 1000 }
            if chance(1, of: 25) { editByHand() }
            let place = participants.indices.randomElement(using: &random)!
            if chance(1, of: 30) { crash(place) } else { try step(place) }
            if hasLock { try checkLatch() }
        }
        var rest = 10_000
        while let place = participants.indices.filter({ participants[$0].change != nil }).randomElement(using: &random)
        {
            milliseconds += 1
            rest -= 1
            guard rest > 0 else { throw fault("a change does not end") }
            try act(place)
        }
        try checkLatch()
    }

    private mutating func step(_ place: Int) throws {
        if participants[place].change != nil { return try act(place) }
        if participants[place].isEvaluator { beginAtEvaluator(place) } else { beginByPerson(place) }
    }

    // MARK: - What begins

    private mutating func beginAtEvaluator(_ place: Int) {
        if let decision = participants[place].decision, chance(1, of: 2) {
            participants[place].decision = nil
            return begin(.rollback(decision), place)
        }
        refresh(place)
        if let held = participants[place].flags.heldRollback {
            if held.nextAttempt <= now { begin(.rollback(held.claim), place) }
            return
        }
        var latch = participants[place].latch
        if latch.isLatched {
            guard chance(1, of: 8) else { return }
            try? latch.acknowledge(Acknowledgement(time: now, by: "ann", reason: "seen"))
            participants[place].latch = latch
            return begin(.latch(latch), place)
        }
        guard participants[place].flags.effective.strategy != .legacy, participants[place].decision == nil else {
            return
        }
        latch.fire(
            Evaluation(trigger: .redisDown, time: now, state: .firing, numbers: [:], sentence: "at \(milliseconds)"))
        participants[place].decision = RollbackClaim(number: participants[place].number, latch: latch)
    }

    private mutating func beginByPerson(_ place: Int) {
        guard chance(1, of: 4) else { return }
        restart(place)
        refresh(place)
        let update = chance(1, of: 5) ? .rollback : FlagUpdate(distributedEnabled: true, hybrid: chance(1, of: 2))
        begin(.update(update, over: nil), place)
    }

    private mutating func begin(_ kind: WriteRequest.Kind, _ place: Int) {
        let participant = participants[place]
        let writer = FlagFileWriter(
            path: "flags.json", instance: participant.isEvaluator ? participant.name : nil,
            process: participant.process, lease: FlagFileModel.lease)
        let by = participant.isEvaluator ? RollbackEvaluator.author : participant.name
        var change = FlagFileProtocol(WriteRequest(kind: kind, by: by, reason: "model"), by: writer)
        participants[place].action = change.start()
        participants[place].change = change
    }

    private mutating func crash(_ place: Int) {
        // Without a lock a claim that was prepared before the rename can follow it. Only the writer itself repairs that.
        if !hasLock, [.settling, .claimingLatch].contains(participants[place].change?.state) { return }
        counts.crashes += 1
        story.append(
            "\(participants[place].name) dies \(participants[place].change.map { "in \($0.state)" } ?? "idle")")
        restart(place)
    }

    private mutating func restart(_ place: Int) {
        processes += 1
        let (name, isEvaluator) = (participants[place].name, participants[place].isEvaluator)
        participants[place] = Participant(name: name, isEvaluator: isEvaluator, process: "\(name)\(processes)")
        if lockHolder == place { lockHolder = nil }
    }

    /// What a program does that knows nothing of the protocol.
    private mutating func editByHand() {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: file = parse(file.bytes + [UInt8(ascii: "\n")])
        case 1: file = FlagFileModel.distributed
        default: file = versions.randomElement(using: &random) ?? file
        }
        // With the number of an unsettled rollback goes the only trace of it, and the rollback itself.
        if let newest, newest.pending != nil, !newest.isCarriedOut(written: written) {
            isLatchOwed = newest.latch.isLatched
        }
        story.append("edited by hand to number \(written ?? 0)")
    }

    // MARK: - The driver's steps

    private mutating func act(_ place: Int) throws {
        guard var change = participants[place].change, let action = participants[place].action else { return }
        switch action {
        case .read:
            if hasLock {
                guard lockHolder == nil || lockHolder == place else { return }
                lockHolder = place
            }
            guard let content = participants[place].content else {
                participants[place].content = file
                return accept(file, place)
            }
            participants[place].content = nil
            try see(place)
            participants[place].action = change.didRead(.success(content), knowledge(place))
        case .claim(let fence):
            let result = try claim(fence, change, place)
            participants[place].action = change.didClaim(result, knowledge(place))
        case .write(let edit):
            participants[place].action = try write(edit, &change, place)
        case .readClaims:
            try see(place)
            participants[place].action = change.didReadClaims(knowledge(place))
        case .wait:
            counts.waits += 1
            if lockHolder == place { lockHolder = nil }
            participants[place].action = change.didWait()
        case .hold(let rollback, _):
            counts.held += 1
            if case .rollback(let claim?) = change.request.kind { participants[place].latch = claim.latch }
            participants[place].flags.holdAtLegacy(rollback)
            return end(place)
        case .superseded:
            counts.superseded += 1
            return end(place)
        case .finish:
            if case .rollback(let claim?) = change.request.kind { participants[place].latch = claim.latch }
            if case .rollback = change.request.kind { participants[place].flags.releaseHold() }
            return end(place)
        case .fail(let error):
            if ![.changedMeanwhile, .failed].contains(error.code) {
                throw fault("\(participants[place].name) failed: \(error)")
            }
            return end(place)
        }
        participants[place].change = change
    }

    private mutating func end(_ place: Int) {
        story.append(
            "\(participants[place].name) ends with \(participants[place].action.map { "\($0)".prefix(60) } ?? "")")
        participants[place].change = nil
        participants[place].action = nil
        if lockHolder == place { lockHolder = nil }
    }

    private mutating func claim(
        _ fence: RollbackFence, _ change: FlagFileProtocol, _ place: Int
    ) throws -> FlagFileProtocol.ClaimResult {
        let highest = newest?.number ?? 0
        guard fence.number > highest else {
            counts.taken += 1
            try see(place)
            return .taken
        }
        guard fence.number > highestWritten else { throw fault("number \(fence.number) was in the file before") }
        if fence.pending != nil, newest?.isLease(written: written) == true { counts.takeovers += 1 }
        claims[fence.number] = fence
        participants[place].claims.see(fence, at: uptime)
        if case .latch = change.request.kind, fence.latch.acknowledgement != nil {
            if isLatchOwed { newer.append(fence.number) }
            isLatchOwed = false
            counts.acknowledgements += 1
        }
        story.append("\(participants[place].name) claims \(fence.number)\(fence.pending == nil ? "" : " to roll back")")
        return .claimed
    }

    /// The last look at the file and the claims and the rename, in one step: no file system has less.
    private mutating func write(
        _ edit: FlagFileProtocol.Edit, _ change: inout FlagFileProtocol, _ place: Int
    ) throws -> FlagFileProtocol.Action {
        try see(place)
        guard case .content(let bytes) = edit.expectation else { throw fault("a file that can be read is not edited") }
        if chance(1, of: 20) {
            return change.didFail(FlagFileError(.failed, "the disk is full"), knowledge(place))
        }
        guard bytes == file.bytes, change.mayRename(knowledge(place)) else {
            return change.didFail(FlagFileError(.changedMeanwhile, "changed"), knowledge(place))
        }
        let number = edit.number ?? 0
        guard number >= newest?.number ?? 0, number > highestWritten else {
            throw fault("\(participants[place].name) writes number \(number) after \(newest?.number ?? 0)")
        }
        story.append("\(participants[place].name) writes \(number)")
        switch change.request.kind {
        case .rollback(let claim?):
            // A hold that its rules have not ended is carried out whatever came since.
            if claim.number != .max, let late = newer.first(where: { $0 > claim.number }) {
                throw fault("\(participants[place].name) flips over \(late), decided at \(claim.number)")
            }
            isLatchOwed = true
            counts.flips += 1
        default:
            newer.append(number)
            counts.updates += 1
        }
        highestWritten = number
        file = edit.definition
        versions.append(file)
        let written = participants[place].flags.accept(FlagReading(of: file, at: now))
        return change.didWrite(written)
    }

    // MARK: - What an instance knows

    private mutating func refresh(_ place: Int) {
        accept(file, place)
        if let newest { participants[place].claims.see(newest, at: uptime) }
        guard let shared = participants[place].claims.newest?.latch(written: participants[place].flags.writtenNumber)
        else { return }
        participants[place].latch = participants[place].latch.merged(with: shared)
        if participants[place].flags.heldRollback?.isAcknowledged(by: shared) == true {
            participants[place].flags.releaseHold()
        }
    }

    private mutating func accept(_ file: FlagDefinitionFile, _ place: Int) {
        guard participants[place].flags.lastGood?.definition != file else { return }
        _ = participants[place].flags.accept(FlagReading(of: file, at: now))
    }

    private mutating func see(_ place: Int) throws {
        let before = participants[place].claims.newest?.number ?? 0
        if let newest { participants[place].claims.see(newest, at: uptime) }
        let after = participants[place].claims.newest?.number ?? 0
        if after < before { throw fault("\(participants[place].name) forgot number \(before)") }
    }

    private func knowledge(_ place: Int) -> FlagFileProtocol.Knowledge {
        FlagFileProtocol.Knowledge(
            flags: participants[place].flags, claims: participants[place].claims, now: now, uptime: uptime)
    }

    // MARK: - What all share

    private func checkLatch() throws {
        if isLatchOwed, newest?.latch(written: written).isLatched != true {
            throw fault("a rollback that was not acknowledged latches no more")
        }
    }

    private var newest: RollbackFence? { claims.keys.max().flatMap { claims[$0] } }
    private var written: Int64? { file.declaration?.number }
    private var now: Timestamp { Timestamp(milliseconds: 1_800_000_000_000 + milliseconds) }
    private var uptime: Duration { .milliseconds(milliseconds) }

    private func parse(_ bytes: [UInt8]) -> FlagDefinitionFile {
        guard let file = try? FlagDefinitionFile(parsing: bytes, fallback: .defaultValue) else {
            preconditionFailure("an edit by hand is invalid")
        }
        return file
    }

    private mutating func chance(_ wins: Int, of total: Int) -> Bool {
        Int.random(in: 0..<total, using: &random) < wins
    }

    private func fault(_ text: String) -> Fault {
        Fault(description: "\(milliseconds) ms: \(text); " + story.suffix(40).joined(separator: "; "))
    }
}
