@testable import Settings
@testable import FeatureFlags
import Foundation
import Glibc
import ParallaxCore
import Synchronization
import Testing

@testable import ParallaxService

/// Whether a rollback could reach the file, before it has to.
@Suite struct FlagFileProbingTests {
    @Test("trying changes neither the file nor the folder")
    func leavesNothing() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            let (content, status) = (try folder.content(), FileStatus(at: folder.path))
            try await store.requireWritable()
            #expect(try folder.content() == content && FileStatus(at: folder.path) == status)
            #expect(try folder.others().isEmpty)
        }
    }

    @Test("a file that cannot be written shows in health from the start, is told once, and again when it can be")
    func shows() async throws {
        try await FlagFolder.with { folder in
            try folder.writeAtomically(.distributed)
            let canWrite = SharedFileWorld.Mutable(false)
            let store = await folder.startedStore(instance: "a", canWrite: canWrite)
            #expect(store.health.state == .ok && !store.health.isHealthy)
            #expect(store.health.writeProblem?.contains("mount its folder for writing") == true)
            let heard = Mutex<[FlagEvent]>([])
            store.observe { event in heard.withLock { $0.append(event) } }
            folder.clock.advance(seconds: 61)
            await store.refresh()
            canWrite.value = true
            folder.clock.advance(seconds: 61)
            await store.refresh()
            #expect(store.health.isHealthy)
            #expect(heard.withLock { $0 } == [.writing(nil)])
        }
    }

    @Test(
        "a folder of another user, a full disk and a file mounted by itself each get their remedy",
        arguments: [
            (EACCES, "write in its folder"), (ENOSPC, "free space"), (EBUSY, "mount its folder instead"),
        ])
    func remedies(number: CInt, remedy: String) {
        let file = FlagFile(path: "/dev/null/flags.json") { SystemCallError(number: number) }
        let error = FlagFileError(file.writeFault()!, doing: "write", path: file.path)
        #expect(error.message.contains(remedy))
    }

    @Test("config check warns of a flag file that a rollback could not reach")
    func configCheck() async throws {
        // No temporary file with a longer name can be made next to it, not even by root.
        let path = FileManager.default.temporaryDirectory.path + "/" + String(repeating: "f", count: 250)
        try Data(FlagDefinitionFile.canonical(.defaultValue).bytes).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let loaded = await Settings.load(environment: ["FEATURE_FLAG_FILE": path]).checkingFlagFile()
        let finding = try #require(loaded.warnings.first { $0.setting == "FEATURE_FLAG_FILE" })
        #expect(finding.kind == .unusableFile && finding.problem.contains(path))
        #expect(loaded.errors.isEmpty)
    }
}
