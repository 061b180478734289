@testable import FeatureFlags
import Foundation
import ParallaxCore
import Testing

@testable import ParallaxService

/// The flag file through drills that end, break off, and meet other writers.
@Suite struct FlagDrillTests {
    private static func note(_ content: Data) -> DrillNote {
        DrillNote(
            id: "7", by: "ann", reason: "monthly", instance: "a", began: Timestamp(milliseconds: 1),
            until: Timestamp(milliseconds: 2), content: content)
    }

    /// Runs a test with a file of someone's own making, in `distributed_only` and with a percentage rule.
    private static func withFile(_ body: (FlagFolder, FlagStore) async throws -> Void) async throws {
        try await FlagFolder.with { folder in
            try folder.write(
                #"""
                { "flags" : {"DISTRIBUTED_RATE_LIMITING_ENABLED": {"state": "ENABLED", "variants": {"yes":true,"no":false},
                    "defaultVariant": "yes", "targeting": {"fractional": [["yes", 50], ["no", 50]]}, "metadata": {"x": 1}},
                  "HYBRID_RATE_LIMITING": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"},
                  "someone.elses": {"state": "DISABLED", "variants": {}} }, "metadata": {"owner": "team a"} }
                """#)
            try await body(folder, await folder.startedStore())
        }
    }

    @Test("a drill flips the file as a rollback does, and puts back every byte")
    func roundTrip() async throws {
        try await Self.withFile { folder, store in
            let before = try folder.content()
            _ = try await store.beginDrill(Self.note)
            #expect(store.current.strategy == .legacy)
            let flipped = try FlagDefinitionFile(parsing: folder.content(), fallback: .defaultValue)
            #expect(flipped.values.strategy == .legacy && flipped.declaration?.by == RollbackDrill.author)
            #expect(!String(decoding: flipped.bytes, as: UTF8.self).contains("fractional"))
            #expect(await store.drillNote()?.by == "ann")
            #expect(await store.endDrill("7") == .restored)
            #expect(try folder.content() == before)
            #expect(store.current.strategy == .distributedOnly)
            #expect(try folder.others().isEmpty)
            #expect(await store.drillNote() == nil)
        }
    }

    @Test("the history marks both changes as a drill's, with who asked for it and why")
    func history() async throws {
        try await Self.withFile { folder, store in
            _ = try await store.beginDrill(Self.note)
            _ = await store.endDrill()
            let changes = folder.history.changes.suffix(2)
            #expect(changes.map(\.by) == [RollbackDrill.author, RollbackDrill.author])
            #expect(
                changes.map(\.reason) == [
                    "drill by ann: monthly", "end of the drill by ann: the flags are as they were",
                ])
            #expect(changes.last?.to.strategy == .distributedOnly)
        }
    }

    @Test(
        "every instance of the file keeps the same history of a drill: one that saw both changes, one that saw none, and one that starts later"
    )
    func sameHistory() async throws {
        try await Self.withFile { folder, store in
            func reader(_ history: RecordedHistory) async -> FlagStore { await folder.startedStore(history: history) }
            let (seeing, missing, absent) = (RecordedHistory(), RecordedHistory(), RecordedHistory())
            let (first, second) = (await reader(seeing), await reader(missing))
            _ = await reader(absent)
            _ = try await store.beginDrill(Self.note)
            await first.refresh()
            #expect(first.current.strategy == .legacy)
            _ = await store.endDrill()
            for reader in [first, second] { await reader.refresh() }
            for reader in [first, second, await reader(absent)] {
                #expect(reader.current.strategy == .distributedOnly)
                await reader.refresh()
            }
            let drill = Array(folder.history.changes.suffix(2))
            #expect(drill.map(\.by) == [RollbackDrill.author, RollbackDrill.author])
            for history in [seeing, missing, absent] {
                #expect(history.changes.count == 3)
                #expect(Array(history.changes.suffix(2)) == drill)
            }
        }
    }

    @Test("what a person writes after a drill is that person's, also with the content that the drill put back")
    func afterDrill() async throws {
        try await Self.withFile { folder, store in
            let before = try folder.content()
            let history = RecordedHistory()
            let other = await folder.startedStore(history: history)
            _ = try await store.beginDrill(Self.note)
            _ = await store.endDrill()
            await other.refresh()
            _ = try await other.set(.rollback, by: "bob", reason: "for real")
            try folder.write(String(decoding: before, as: UTF8.self))
            await other.refresh()
            #expect(
                history.changes.suffix(4).map(\.by) == [
                    RollbackDrill.author, RollbackDrill.author, "bob", FlagChange.unknownWriter,
                ])
        }
    }

    @Test("a drill that could not put the file back tells no end of it")
    func noEnd() async throws {
        try await FlagFolder.with { folder in
            try folder.writeAtomically(.distributed)
            let canWrite = SharedFileWorld.Mutable(true)
            let store = await folder.startedStore(canWrite: canWrite)
            let history = RecordedHistory()
            let other = await folder.startedStore(history: history)
            _ = try await store.beginDrill(Self.note)
            canWrite.value = false
            guard case .failed = await store.endDrill() else {
                Issue.record("the file was put back")
                return
            }
            await other.refresh()
            #expect(history.changes.count == 2 && other.current.strategy == .legacy)
        }
    }

    @Test("other clients see both changes: each file is newer than the one before")
    func times() async throws {
        try await Self.withFile { folder, store in
            let file = FlagFile(path: folder.path)
            var times = [try file.read().modificationTime]
            _ = try await store.beginDrill(Self.note)
            times.append(try file.read().modificationTime)
            _ = await store.endDrill()
            times.append(try file.read().modificationTime)
            #expect(times == times.sorted() && Set(times).count == 3)
        }
    }

    @Test("a change by another tool during the drill stays, also one that leaves the drill's declaration standing")
    func concurrentChange() async throws {
        for edit in [
            { (text: String) in text.replacingOccurrences(of: "team a", with: "team b") },
            { text in text.replacingOccurrences(of: "\"no\"", with: "\"yes\"") },
            { _ in String(decoding: FlagDefinitionFile.canonical(.defaultValue).bytes, as: UTF8.self) },
            { _ in "torn {" },
        ] {
            try await Self.withFile { folder, store in
                _ = try await store.beginDrill(Self.note)
                let theirs = edit(String(decoding: try folder.content(), as: UTF8.self))
                try folder.write(theirs)
                #expect(await store.endDrill() == .changedByOthers)
                #expect(try folder.content() == Array(theirs.utf8))
                #expect(await store.drillNote() == nil)
            }
        }
    }

    @Test("an operator who removes the note keeps the flags at legacy")
    func abandoned() async throws {
        try await Self.withFile { folder, store in
            _ = try await store.beginDrill(Self.note)
            let other = await folder.startedStore()
            #expect(await other.abandonDrill()?.id == "7")
            #expect(await store.endDrill("7") == .takenOver)
            #expect(store.current.strategy == .legacy)
            #expect(await other.abandonDrill() == nil)
        }
    }

    @Test("a drill that was broken off after any of its steps is ended by any other process")
    func interrupted() async throws {
        try await Self.withFile { folder, store in
            let before = try folder.content()
            // After the flip.
            _ = try await store.beginDrill(Self.note)
            let next = await folder.startedStore()
            #expect(next.current.strategy == .legacy)
            #expect(await next.endDrill() == .restored)
            #expect(try folder.content() == before)
            // After the note and before the flip, and after the way back and before the note went.
            try CoordinationFolder(beside: folder.path).writeDrillNote(Self.note(Data(before)))
            #expect(await store.endDrill() == .restored)
            #expect(try folder.content() == before && folder.others().isEmpty)
        }
    }

    @Test("while one drill has the flags no other begins, and it is named with what to do")
    func oneAtATime() async throws {
        try await Self.withFile { folder, store in
            _ = try await store.beginDrill(Self.note)
            let other = await folder.startedStore()
            let refusal = await #expect(throws: DrillRefusal.self) { _ = try await other.beginDrill(Self.note) }
            // The note's end has long passed.
            #expect(refusal?.reason.contains("ann was interrupted") == true)
            #expect(refusal?.reason.contains("rollback drill --restore") == true)
            _ = await store.endDrill()
        }
    }

    @Test("in legacy there is nothing to drill, and a file that makes no sense is not flipped")
    func refuses() async throws {
        try await FlagFolder.with { folder in
            try folder.writeAtomically(.legacy)
            let store = await folder.startedStore()
            await #expect(throws: DrillRefusal.self) { _ = try await store.beginDrill(Self.note) }
            try folder.write("torn {")
            await #expect(throws: DrillRefusal.self) { _ = try await store.beginDrill(Self.note) }
            #expect(try folder.others().isEmpty)
        }
    }

    @Test("a note that is torn or huge is not a drill")
    func tornNote() async throws {
        try await Self.withFile { folder, store in
            let path = folder.folder + "/.feature-flags.json.drill"
            for text in ["", "{", "[]", String(repeating: "x", count: 5 << 20)] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
                #expect(await store.drillNote() == nil)
            }
            _ = try await store.beginDrill(Self.note)
            #expect(await store.endDrill() == .restored)
        }
    }
}
