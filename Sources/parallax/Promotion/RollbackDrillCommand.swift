import ArgumentParser
import CommandSupport
import FeatureFlags
import Foundation
import ParallaxCore
import Settings

/// `parallax rollback drill`
struct RollbackDrillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract:
            "Rehearse a rollback on running instances: flip to legacy as a rollback does, then restore the flags.",
        discussion: """
            The first instance named flips the flag file itself, as its watchdog would; then all instances named must \
            answer in legacy, and when the file is put back byte for byte, all must be back. That takes about a second, is \
            marked as a drill in the history and latches nothing. Callers get the old limiter's verdicts for that second. \
            Name every instance that follows the flag file: only then does the line "drill" of the gate pass.

            Refused while a rollback waits to be acknowledged, a trigger fires or Redis is down. If another program writes \
            the flags meanwhile, its content stays. Interrupted, the instance puts the flags back by itself, after 30 s at the latest, or \
            when it starts again; --restore does it without one.

              parallax rollback drill --by ann --reason "before 10 %" --url http://a:8080 --url http://b:8080
              parallax rollback drill --restore

            Exit codes: 0 every instance that follows the flag file was drilled, 4 one of them was left out.
            """)

    @Option(
        name: .customLong("url"),
        help: "An instance; once for each. The first one drills (default: this machine's, by HTTP_HOST and HTTP_PORT).")
    var urls: [String] = []

    @Option(
        name: .customLong("admin-token-file"),
        help: ArgumentHelp(
            "The file that holds the admin token (default: the setting ADMIN_TOKEN_FILE).", valueName: "file"))
    var adminTokenFile: String?

    @Option(help: "Who you are (default: the user's name).")
    var by: String?

    @Option(help: "Why; kept in the history.")
    var reason = "to see that the way back works"

    @Flag(help: "Put back the flags that an interrupted drill has left at legacy.")
    var restore = false

    @OptionGroup var file: FlagFileOption

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    func validate() throws {
        guard !restore || urls.isEmpty else {
            throw ValidationError("--restore works on the file, and needs no --url.")
        }
        try CurrentUser.validate(by: by ?? CurrentUser.current, reason: reason)
    }

    func run() async throws {
        if restore { return try await putBack() }
        let drill = DrillRun(clients: try await makeClients(AdminClient.overHTTP))
        let (by, reason) = (by ?? CurrentUser.current, reason)
        do {
            let (result, _) = try await withInterruption { try await drill.run(by: by, reason: reason) }
            Terminal.print(json ? try JSONText.make(result) : result.text)
            guard result.isComplete else { throw Self.incomplete }
        } catch let interruption as DrillInterruption {
            Terminal.note("parallax: the drill was interrupted. \(interruption.state)")
            throw ExitCode(130)
        }
    }

    /// A client for each instance, all with the same token.
    func makeClients(_ transport: @escaping AdminClient.Transport) async throws -> [AdminClient] {
        let token = adminTokenFile.map { ["--admin-token-file", $0] } ?? []
        var clients: [AdminClient] = []
        for url in urls.isEmpty ? [[]] : urls.map({ ["--url", $0] }) {
            clients.append(try await AdminOptions.parse(url + token).makeClient(transport: transport))
        }
        return clients
    }

    /// Exit code of a drill that left out an instance that follows the flag file. It never changes.
    static let incomplete = ExitCode(4)

    private func putBack() async throws {
        let settings = try await Settings.load(for: [.flags, .database])
        let store = try await file.open(settings, history: FlagFileOption.history(in: settings.recorder.databasePath))
        guard let note = await store.drillNote() else {
            return Terminal.print("No drill has left anything to put back; see 'parallax flags show'.")
        }
        switch await store.endDrill(note.id) {
        case .restored:
            Terminal.print(
                "The drill by \(note.by.escapedForTerminal) is ended: the flags are as they were "
                    + "(\(store.health.file.strategy.rawValue)).")
        case .changedByOthers, .takenOver:
            Terminal.print(
                "Another person or program has written the flags since, and those stay. See 'parallax flags history'.")
        case .failed(let error): throw error
        }
    }
}

/// What is said of drills.
enum DrillText {
    static func abandoned(_ note: DrillNote) -> String {
        "note: a drill by \(note.by.escapedForTerminal) had the flags at legacy; it will not put them back"
    }
}

/// A drill that has the flags at legacy, as JSON. Times are milliseconds since the Unix epoch.
struct DrillNoteDocument: Encodable {
    let by: String
    let reason: String
    let began: Timestamp
    /// When it is over at the latest; later, it was interrupted.
    let until: Timestamp

    init(_ note: DrillNote) {
        by = note.by
        reason = note.reason
        began = note.began
        until = note.until
    }
}
