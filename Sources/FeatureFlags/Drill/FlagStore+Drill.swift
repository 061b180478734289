package import Foundation
package import ParallaxCore
import Synchronization

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
    private static let mostDrillAttempts = 20

    /// Begins a drill: leaves a note, and flips the file just as a rollback does.
    ///
    /// Nothing is latched, and nothing is held: if the file cannot be written, all is as before.
    ///
    /// - Throws: ``DrillRefusal`` if there is nothing to drill, or the flip did not work.
    package func beginDrill(_ make: @Sendable @escaping (_ content: Data) -> DrillNote) async throws(DrillRefusal)
        -> DrillNote
    {
        let note = try await onQueue { self.prepareDrill(make) }.get()
        switch await rollBackToLegacy(by: RollbackDrill.author, reason: note.flipReason) {
        case .flipped(let change):
            if await onQueue({ self.isDrilling(note) }) { return note }
            await onQueue { self.undo(change) }
            throw DrillRefusal("another program wrote the flag file at the same moment; drill again")
        case .alreadyLegacy:
            await onQueue { self.removeDrillNote() }
            throw DrillRefusal("the flags went to legacy at the same moment; there is nothing to drill")
        case .held(let error), .superseded(let error):
            await onQueue { self.releaseHold() }
            throw DrillRefusal(
                "a rollback could not write the flags, so that it would hold only this instance: \(error)")
        }
    }

    /// Ends a drill: puts the file back as it was, unless someone else has written it.
    ///
    /// - Parameter id: The drill; `nil` for whichever left a note.
    package func endDrill(_ id: String? = nil) async -> DrillEnd {
        await onQueue { self.endDrillOnQueue(id) }
    }

    private func prepareDrill(_ make: (Data) -> DrillNote) -> Result<DrillNote, DrillRefusal> {
        if let note = readDrillNote() {
            return .failure(DrillRefusal(note.obstacle(at: now())))
        }
        do throws(FlagFileError) {
            let content = try file.read()
            let definition = try take(content)
            guard definition.values.strategy != .legacy, current.strategy != .legacy else {
                return .failure(DrillRefusal("the strategy is legacy already; there is nothing to drill"))
            }
            let note = make(Data(content.bytes))
            try writeDrillNote(note)
            return .success(note)
        } catch {
            return .failure(DrillRefusal("\(error)"))
        }
    }

    /// Whether the file is what this drill has made of it.
    private func isDrilling(_ note: DrillNote) -> Bool {
        guard let content = try? file.read(), let file = try? definition(content.bytes) else { return false }
        return note.isFlip(file, fallback: environment.values)
    }

    /// Gives back the values that the flip has overwritten, where they were not those of the note.
    private func undo(_ flip: FlagChange) {
        removeDrillNote()
        guard let values = flip.from else { return }
        _ = writeOnQueue(
            FlagUpdate(restoring: values, emptiesTargeting: false), by: RollbackDrill.author,
            reason: "took back the flip of a drill that did not begin", over: flip.contentHash)
    }

    private func releaseHold() {
        removeDrillNote()
        work.withLock { work in
            work.flags.releaseHold()
            work.heldRollback = nil
        }
    }

    private func endDrillOnQueue(_ id: String?) -> DrillEnd {
        guard let note = readDrillNote(), id == nil || note.id == id else { return .takenOver }
        var last = FlagFileError(.changedMeanwhile, "flag file \(file.path) keeps being changed")
        for _ in 0..<FlagStore.mostDrillAttempts {
            do throws(FlagFileError) {
                let end = try FlagFileLock.hold(beside: try file.resolved()) { () throws(FlagFileError) in
                    try restore(note)
                }
                removeDrillNote()
                return end
            } catch {
                last = error
                // What is in the file by then says whose it is.
                if error.code != .changedMeanwhile { break }
            }
        }
        guard [.changedMeanwhile, .missing, .invalid].contains(last.code) else { return .failed(last) }
        removeDrillNote()
        return .changedByOthers
    }

    private func restore(_ note: DrillNote) throws(FlagFileError) -> DrillEnd {
        let content = try file.read()
        if content.bytes == Array(note.content) { return .restored }
        let flipped = try definition(content.bytes)
        guard note.isFlip(flipped, fallback: environment.values) else { return .changedByOthers }
        let reading = reading(of: try definition(Array(note.content)), at: now())
        readFence()
        let number = nextNumber()
        // The content has no room for it: it is numbered only next to the file.
        try claim(number, by: RollbackDrill.author)
        let newest = work.withLock { $0.newestModificationTime }
        let change = FlagChange(
            time: reading.time, by: RollbackDrill.author, reason: note.restoreReason, from: flipped.values,
            to: reading.definition.values, contentHash: reading.contentHash)
        let drill = EndedDrill(
            flip: FlagChange(
                time: flipped.declaration?.time ?? note.began, by: RollbackDrill.author,
                reason: flipped.declaration?.reason ?? note.flipReason, from: reading.definition.values,
                to: flipped.values, contentHash: FlagFile.hash(content.bytes)), end: change)
        let time: Int64
        do throws(FlagFileError) {
            time = try file.replace(
                with: Array(note.content), expecting: .content(content.bytes), above: newest,
                beforeRename: { post(drill) },
                lastCheck: { () throws(FlagFileError) in try requireNewest(number) })
        } catch {
            takeBack(drill)
            throw error
        }
        recorder.record(change, within: FlagStore.historyPatience)
        let effective = work.withLock { work in
            (work.newestModificationTime, work.modificationTime) = (time, time)
            _ = work.flags.accept(reading)
            return work.flags.effective
        }
        observers.tell(.changed(change, effective: effective))
        return .restored
    }
}

extension DrillNote {
    /// Why something else has to wait, and what to do.
    package func obstacle(at now: Timestamp) -> String {
        now < until
            ? "a drill by \(by) is under way and ends within a minute; wait for it"
            : "a drill by \(by) was interrupted and has left the flags at legacy: "
                + "put them back with 'parallax rollback drill --restore --by NAME', or set them with 'parallax flags set'"
    }
}
