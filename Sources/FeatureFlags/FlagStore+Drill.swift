package import Foundation
package import ParallaxCore

/// A file next to the flag file while a drill has it at legacy: enough for any instance to restore it.
///
/// A drill restores nothing if the note is gone: an operator who removes it keeps the flags as they are.
package struct DrillNote: Codable, Equatable, Sendable {
    /// Tells drills apart.
    package let id: String
    package let by: String
    package let reason: String
    /// The name of the instance that drills.
    package let instance: String
    package let began: Timestamp
    /// When it is over at the latest: a note from before is that of a drill that was interrupted.
    package let until: Timestamp
    /// The whole file as it was.
    package let content: Data

    package init(
        id: String, by: String, reason: String, instance: String, began: Timestamp, until: Timestamp, content: Data
    ) {
        self.id = id
        self.by = by
        self.reason = reason
        self.instance = instance
        self.began = began
        self.until = until
        self.content = content
    }

    /// What the flip says of itself, in the file and in the history.
    package var flipReason: String { RollbackDrill.flipReason(by: by, reason) }
    package var restoreReason: String { "end of the drill by \(by): the flags are as they were" }

    /// Whether a file's content is what the drill has made of the file, and nothing else: another program that changed
    /// it may have left the drill's declaration standing.
    func isFlip(_ file: FlagDefinitionFile, fallback: FlagValues) -> Bool {
        guard let declaration = file.declaration, declaration.by == RollbackDrill.author,
            let before = try? FlagDefinitionFile(parsing: Array(content), fallback: fallback),
            let flipped = try? before.applying(.rollback, declaration: declaration)
        else { return false }
        return flipped.bytes == file.bytes
    }

    /// Why something else has to wait, and what to do.
    package func obstacle(at now: Timestamp) -> String {
        now < until
            ? "a drill by \(by) is under way and ends within a minute; wait for it"
            : "a drill by \(by) was interrupted and has left the flags at legacy: "
                + "put them back with 'parallax rollback drill --restore --by NAME', or set them with 'parallax flags set'"
    }
}

/// The two changes of the last drill that ended, as the instance that ended it knows them.
///
/// The file that a drill puts back carries the declaration of before the drill, and the shortest drill is over between
/// two readings: only with these do all who share the file keep the same history of it.
struct EndedDrill: Codable, Equatable, Sendable {
    let flip: FlagChange
    let end: FlagChange

    /// - Parameters:
    ///   - before: The file as it was before the drill, and is again.
    ///   - flipped: The file as the drill has made it.
    init(_ note: DrillNote, before: FlagDefinitionFile, flipped: FlagDefinitionFile, at now: Timestamp) {
        flip = FlagChange(
            time: flipped.declaration?.time ?? note.began, by: RollbackDrill.author,
            reason: flipped.declaration?.reason ?? note.flipReason, from: before.values, to: flipped.values,
            contentHash: FlagFile.hash(flipped.bytes))
        end = FlagChange(
            time: now, by: RollbackDrill.author, reason: note.restoreReason, from: flipped.values, to: before.values,
            contentHash: FlagFile.hash(before.bytes))
    }
}

/// Why a drill does not begin. A sentence for the person who asked, with the remedy.
package struct DrillRefusal: Error, Equatable, CustomStringConvertible {
    package let reason: String

    package init(_ reason: String) {
        self.reason = reason
    }

    package var description: String { reason }
}

/// The state of the flags at the end of a drill.
package enum DrillEnd: Equatable, Sendable {
    /// The file is byte for byte what it was before.
    case restored
    /// Someone else wrote the file meanwhile, and theirs stays.
    case changedByOthers
    /// Someone took the drill's note away: the flags are theirs.
    case takenOver
    /// The file could not be written: the note stays, and it is tried again.
    case failed(FlagFileError)
}

extension FlagStore {
    /// The drill that has the flags at legacy, or was interrupted while it had; `nil` if there is none.
    package func drillNote() async -> DrillNote? { readDrillNote() }

    /// Takes the note away, so that the drill does not put the flags back.
    ///
    /// - Returns: The note; `nil` if there is no drill.
    @discardableResult
    package func abandonDrill() async -> DrillNote? {
        let note = readDrillNote()
        if note != nil { removeDrillNote() }
        return note
    }

    /// Begins a drill: leaves a note, and flips the file just as a rollback does.
    ///
    /// Nothing is latched, and nothing is held: if the file cannot be written, all is as before.
    ///
    /// - Throws: ``DrillRefusal`` if there is nothing to drill, or the flip did not work.
    package func beginDrill(
        _ make: @Sendable (_ content: Data) -> DrillNote
    ) async throws(DrillRefusal) -> DrillNote {
        let note = try prepareDrill(make)
        switch await rollBackToLegacy(by: RollbackDrill.author, reason: note.flipReason) {
        case .flipped(let change):
            if isDrilling(note) { return note }
            await undo(change)
            throw DrillRefusal("another program wrote the flag file at the same moment; drill again")
        case .alreadyLegacy:
            removeDrillNote()
            throw DrillRefusal("the flags went to legacy at the same moment; there is nothing to drill")
        case .held(let error), .superseded(let error):
            removeDrillNote()
            state.flags.releaseHold()
            throw DrillRefusal(
                "a rollback could not write the flags, so that it would hold only this instance: \(error)")
        }
    }

    /// Ends a drill: puts the file back as it was, unless someone else has written it.
    ///
    /// - Parameter id: The drill; `nil` for any that left a note.
    package func endDrill(_ id: String? = nil) async -> DrillEnd {
        guard let note = readDrillNote(), id == nil || note.id == id else { return .takenOver }
        let request = WriteRequest(kind: .restore(note), by: RollbackDrill.author, reason: note.restoreReason)
        switch await carryOut(request) {
        case .changed, .unchanged:
            removeDrillNote()
            return .restored
        case .superseded:
            removeDrillNote()
            return .changedByOthers
        case .held(let error), .failed(let error):
            return .failed(error)
        }
    }

    private func prepareDrill(_ make: (Data) -> DrillNote) throws(DrillRefusal) -> DrillNote {
        if let note = readDrillNote() { throw DrillRefusal(note.obstacle(at: now())) }
        do throws(FlagFileError) {
            let content = try file.read()
            let definition = try take(content)
            if definition.values.strategy != .legacy, state.flags.effective.strategy != .legacy {
                let note = make(Data(content.bytes))
                try write(note)
                return note
            }
        } catch {
            throw DrillRefusal("\(error)")
        }
        throw DrillRefusal("the strategy is legacy already; there is nothing to drill")
    }

    /// Whether the file is what this drill has made of it.
    private func isDrilling(_ note: DrillNote) -> Bool {
        guard let content = try? file.read(), let file = try? definition(content.bytes) else { return false }
        return note.isFlip(file, fallback: state.flags.environment.values)
    }

    /// Gives back the values that the flip has overwritten, if they were not those of the note.
    private func undo(_ flip: FlagChange) async {
        removeDrillNote()
        guard let values = flip.from else { return }
        let update = FlagUpdate(restoring: values, emptiesTargeting: false)
        _ = await carryOut(
            WriteRequest(
                kind: .update(update, over: flip.contentHash), by: RollbackDrill.author,
                reason: "took back the flip of a drill that did not begin"))
    }

    private func readDrillNote() -> DrillNote? { (try? folder())?.readDrillNote() }

    private func write(_ note: DrillNote) throws(FlagFileError) {
        guard let folder = try? folder() else {
            throw FlagFileError(.missing, "flag file \(file.path) cannot be found; a drill needs it")
        }
        do throws(SystemCallError) {
            try folder.writeDrillNote(note)
        } catch {
            throw FlagFileError(error, doing: "write the note of a drill next to", path: file.path)
        }
    }

    private func removeDrillNote() { (try? folder())?.removeDrillNote() }

    /// Reads which drill ended last, and keeps those of its changes that the history ends before.
    func readEndedDrill() {
        guard let bytes = (try? folder())?.readEndedDrill(), bytes != endedDrill?.bytes,
            let drill = try? JSONDecoder().decode(EndedDrill.self, from: Data(bytes))
        else { return }
        endedDrill = (drill, bytes)
        guard let newest = recorder.newest(within: FlagStore.historyTimeout) else { return }
        for change in [drill.flip, drill.end] where change.time > newest.time {
            recorder.record(change, within: FlagStore.historyTimeout)
        }
    }

    /// The end of the last drill, if that is what brought the file from one content to the next.
    func endOfDrill(from hash: String?, to reading: FlagReading) -> FlagChange? {
        guard let drill = endedDrill?.drill, drill.flip.contentHash == hash,
            drill.end.contentHash == reading.contentHash
        else { return nil }
        return drill.end
    }
}
