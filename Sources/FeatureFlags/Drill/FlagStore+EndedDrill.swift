import Foundation
import ParallaxCore
import Synchronization

/// The two changes of the last drill that ended, as the instance that ended it knows them.
///
/// The file that a drill puts back carries the declaration of before the drill, and the shortest drill is over between
/// two readings: only with this word do all who share the file keep the same history of it.
struct EndedDrill: Codable, Equatable {
    let flip: FlagChange
    let end: FlagChange
}

/// The word on the last drill, in a file of the folder next to the flag file. All of it runs on the store's queue.
extension FlagStore {
    private static let endedDrillName = "drill.json"

    /// The last drill as it was last read, with the bytes that it was read from.
    struct EndedDrillReading {
        var bytes: [UInt8]
        var drill: EndedDrill
    }

    /// Announces a drill before its end shows in the flag file. If that fails, other instances recognize the end only
    /// by the file's content.
    func post(_ drill: EndedDrill) {
        guard let target = try? file.resolved() else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let data = try? encoder.encode(drill) else { preconditionFailure("changes of flags can be encoded") }
        try? SideFolder(beside: target).replace(FlagStore.endedDrillName, with: Array(data))
    }

    /// Takes the word back: the flag file could not be put back.
    func takeBack(_ drill: EndedDrill) {
        guard let target = try? file.resolved() else { return }
        SideFolder(beside: target).remove(FlagStore.endedDrillName)
    }

    /// Reads the word on the last drill, and keeps those of its changes that the history ends before.
    func readEndedDrill() {
        guard let target = try? file.resolved(),
            let bytes = SideFolder(beside: target).read(FlagStore.endedDrillName),
            work.withLock({ $0.endedDrill?.bytes != bytes }),
            let drill = try? JSONDecoder().decode(EndedDrill.self, from: Data(bytes))
        else { return }
        work.withLock { $0.endedDrill = EndedDrillReading(bytes: bytes, drill: drill) }
        guard let newest = recorder.newest(within: FlagStore.historyPatience) else { return }
        for change in [drill.flip, drill.end] where change.time > newest.time {
            recorder.record(change, within: FlagStore.historyPatience)
        }
    }

    /// The end of the last drill, if that is what brought the file from one content to the next.
    func endOfDrill(from hash: String?, to reading: FlagReading) -> FlagChange? {
        guard let drill = work.withLock({ $0.endedDrill })?.drill, drill.flip.contentHash == hash,
            drill.end.contentHash == reading.contentHash
        else { return nil }
        return drill.end
    }
}
