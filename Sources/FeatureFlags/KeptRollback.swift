import Foundation
package import ParallaxCore

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

    init(beside target: String) {
        folder = CoordinationFolder(beside: target)
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

extension FlagStore {
    /// Keeps a rollback of this instance for all who share the file; without a word if that is not possible, since the
    /// instance's own record has it too.
    package func keep(_ rollback: Rollback, isHeld: Bool) async {
        await onQueue {
            guard let instance = self.instance, let target = try? self.file.resolved() else { return }
            try? RollbackFiles(beside: target).add(KeptRollback(rollback, instance: instance, isHeld: isHeld))
        }
    }

    /// The latest rollbacks of all who share the file, the newest first.
    package func rollbacks() async -> [KeptRollback] {
        await onQueue {
            (try? RollbackFiles(beside: self.file.resolved()).all()) ?? []
        }
    }
}
