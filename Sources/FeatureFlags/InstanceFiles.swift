import Foundation
package import ParallaxCore

/// What one instance has applied of a flag file, as it says next to the file.
package struct InstanceStatus: Codable, Equatable, Sendable {
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

extension InstanceStatus {
    /// How an instance stands to a flag file.
    package enum Agreement: String, Sendable {
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
    package func isSilent(at now: Timestamp) -> Bool { now - time > InstanceStatus.silenceMilliseconds }

    /// - Parameters:
    ///   - contentHash: The file's; `nil` if the file is invalid, so that no one can be behind it.
    ///   - strategy: What the file says.
    package func agreement(contentHash: String?, strategy: Strategy, at now: Timestamp) -> Agreement {
        if isSilent(at: now) { return .silent }
        guard let contentHash else { return .current }
        guard self.contentHash == contentHash else { return .behind }
        return isHeldAtLegacy || self.strategy != strategy.rawValue ? .deviating : .current
    }
}

/// Where the instances that share a flag file say what they have applied: a file each, in the folder next to it.
struct InstanceStatusFiles: Sendable {
    private static let prefix = "instance."

    private let folder: CoordinationFolder

    init(in folder: CoordinationFolder) {
        self.folder = folder
    }

    func all() throws(SystemCallError) -> [InstanceStatus] {
        try entries().map(\.applied).sorted { $0.instance < $1.instance }
    }

    /// Says what an instance has applied, and forgets those who have said nothing for long.
    func post(_ applied: InstanceStatus) throws(SystemCallError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(applied) else { preconditionFailure("strings cannot be encoded") }
        try folder.replace(InstanceStatusFiles.name(applied.instance), with: Array(data))
        for entry in try entries() where applied.time - entry.applied.time > InstanceStatus.forgottenMilliseconds {
            folder.remove(entry.name)
        }
    }

    func withdraw(_ instance: String) {
        folder.remove(InstanceStatusFiles.name(instance))
    }

    private func entries() throws(SystemCallError) -> [(name: String, applied: InstanceStatus)] {
        try folder.names().filter { $0.hasPrefix(InstanceStatusFiles.prefix) }.compactMap { name in
            guard let bytes = folder.read(name),
                let applied = try? JSONDecoder().decode(InstanceStatus.self, from: Data(bytes))
            else { return nil }
            return (name, applied)
        }
    }

    /// A name that any instance's can be made into, whatever characters it has.
    private static func name(_ instance: String) -> String {
        "\(prefix)\(FlagFile.hash(Array(instance.utf8)).prefix(16)).json"
    }
}

/// A rollback as the instance that it took place at keeps it next to the flag file, for all who share the file.
///
/// The instance's database holds the same; here it is found from any instance, also if that database is locked or gone.
package struct KeptRollback: Codable, Equatable, Sendable {
    /// How many are kept next to a flag file; the oldest go first.
    package static let maximumCount = 20

    package let instance: String
    package let trigger: Trigger
    package let time: Timestamp
    package let sentence: String
    package let figures: [String: Double]
    package let flagsBefore: FlagValues
    package let flagsAfter: FlagValues
    /// Whether the file could not be written at that time, so that the rollback was this instance's only.
    package let isHeld: Bool

    package init(_ rollback: Rollback, instance: String, isHeld: Bool) {
        self.instance = instance
        self.isHeld = isHeld
        trigger = rollback.evaluation.trigger
        time = rollback.evaluation.time
        sentence = rollback.evaluation.sentence
        figures = rollback.evaluation.numbers
        flagsBefore = rollback.flagsBefore
        flagsAfter = rollback.flagsAfter
    }

    /// The same as a database tells it, without a word on its acknowledgement.
    package var rollback: Rollback {
        Rollback(
            evaluation: Evaluation(
                trigger: trigger, time: time, state: .firing, numbers: figures, sentence: sentence),
            isDryRun: false, flagsBefore: flagsBefore, flagsAfter: flagsAfter)
    }
}

/// Where the instances that share a flag file keep their rollbacks: a file each, in the folder next to it.
struct RollbackFiles: Sendable {
    private static let prefix = "rollback."

    private let folder: CoordinationFolder

    init(in folder: CoordinationFolder) {
        self.folder = folder
    }

    /// The newest first. What cannot be read is left out.
    func all() throws(SystemCallError) -> [KeptRollback] {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try names().compactMap { name in
            folder.read(name).flatMap { try? decoder.decode(KeptRollback.self, from: Data($0)) }
        }
    }

    /// Keeps a rollback, and lets the oldest go.
    func add(_ rollback: KeptRollback) throws(SystemCallError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        guard let data = try? encoder.encode(rollback) else { preconditionFailure("a rollback cannot be encoded") }
        let hash = FlagFile.hash(Array(rollback.instance.utf8)).prefix(16)
        try folder.replace("\(Self.prefix)\(rollback.time.milliseconds).\(hash).json", with: Array(data))
        for name in try names().dropFirst(KeptRollback.maximumCount) { folder.remove(name) }
    }

    /// The names of the files, that of the newest rollback first.
    private func names() throws(SystemCallError) -> [String] {
        let times = try folder.names().compactMap { name -> (name: String, time: Int64)? in
            guard name.hasPrefix(Self.prefix), let time = name.dropFirst(Self.prefix.count).split(separator: ".").first
            else { return nil }
            return Int64(time).map { (name, $0) }
        }
        return times.sorted { ($0.time, $0.name) > ($1.time, $1.name) }.map(\.name)
    }
}
