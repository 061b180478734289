import Foundation
import ParallaxCore

/// Where the instances that share a flag file say what they have applied: a file each, in the folder next to it.
struct AppliedFlagsBoard: Sendable {
    private static let prefix = "instance."

    private let folder: SideFolder

    init(beside target: String) {
        folder = SideFolder(beside: target)
    }

    func all() throws(SystemCallError) -> [AppliedFlags] {
        try entries().map(\.applied).sorted { $0.instance < $1.instance }
    }

    /// Says what an instance has applied, and forgets those who have said nothing for long.
    func post(_ applied: AppliedFlags) throws(SystemCallError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(applied) else { preconditionFailure("strings cannot be encoded") }
        try folder.replace(AppliedFlagsBoard.name(applied.instance), with: Array(data))
        for entry in try entries() where applied.time - entry.applied.time > AppliedFlags.forgottenMilliseconds {
            folder.remove(entry.name)
        }
    }

    func withdraw(_ instance: String) {
        folder.remove(AppliedFlagsBoard.name(instance))
    }

    private func entries() throws(SystemCallError) -> [(name: String, applied: AppliedFlags)] {
        try folder.names().filter { $0.hasPrefix(AppliedFlagsBoard.prefix) }.compactMap { name in
            guard let bytes = folder.read(name),
                let applied = try? JSONDecoder().decode(AppliedFlags.self, from: Data(bytes))
            else { return nil }
            return (name, applied)
        }
    }

    /// A name that any instance's can be made into, whatever characters it has.
    private static func name(_ instance: String) -> String {
        "\(prefix)\(FlagFile.hash(Array(instance.utf8)).prefix(16)).json"
    }
}
