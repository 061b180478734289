import ArgumentParser
import CommandSupport
import DivergenceStore
import Foundation
import ParallaxCore

/// `parallax rollback acknowledge`
struct RollbackAcknowledge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "acknowledge",
        abstract: "Acknowledge a rollback, so that the watchdog acts again.",
        discussion: """
            The name and the reason are kept with the rollback. Instances that use the database, or share the flag file, take \
            it over within seconds: one of them is enough. With a flag file for each, name all: by --database, or by --url \
            with the admin token.

            For 15 minutes after it nothing is rolled back automatically, or 30 after the second rollback within a day.
            The flags stay as they are: set the strategy with 'parallax flags set' or 'parallax promote'. An instance that \
            held itself at legacy, since the file could not be written, does what the file says from then on.

              parallax rollback acknowledge --reason "Redis was moved to new hardware"
              parallax rollback acknowledge --reason "a failover" --url http://a:8080 --url http://b:8080
            """)

    @Option(help: "What was found and done.")
    var reason: String

    @Option(help: "Who you are (default: the user's name).")
    var by: String?

    @OptionGroup var databases: DatabaseOptions

    @Option(name: .customLong("url"), help: "A running instance to tell; once for each.")
    var urls: [String] = []

    @Option(
        name: .customLong("admin-token-file"),
        help: ArgumentHelp(
            "The file that holds the admin token (default: the setting ADMIN_TOKEN_FILE).", valueName: "file"))
    var adminTokenFile: String?

    @OptionGroup var file: FlagFileOption

    func run() async throws {
        try await run(AdminClient.overHTTP)
    }

    func run(_ transport: @escaping AdminClient.Transport) async throws {
        let word = try Acknowledgement(
            validating: by ?? Person.current, reason: reason, time: Timestamp.now())
        var outcomes: [AcknowledgementOutcome] = []
        for url in urls {
            let token = adminTokenFile.map { ["--admin-token-file", $0] } ?? []
            let client = try await AdminOptions.parse(["--url", url] + token).makeClient(transport: transport)
            outcomes.append(await client.acknowledge(word))
        }
        if urls.isEmpty || !databases.paths.isEmpty {
            let flags = await file.openIfUsable()
            for path in try await databases.resolve() {
                let database = DatabaseAcknowledgement(path: path, flags: flags, settings: await Protection.settings())
                outcomes.append(try await database.record(word))
            }
        }
        for outcome in outcomes { outcome.tell() }
        if outcomes.contains(where: \.isDone) {
            if let end = outcomes.compactMap(\.holdOffUntil).max() {
                Terminal.print(Self.holdOff(until: end, from: word.time))
            }
            Terminal.print("The strategy stays as it is; see 'parallax flags show'.")
        }
        if let failure = outcomes.lazy.compactMap(\.failure).first { throw failure }
        // Of several that share a file the first clears the others.
        guard outcomes.contains(where: \.isDone) else { throw RollbackLatchError.notLatched }
    }

    /// Until when no rollback follows.
    static func holdOff(until end: Timestamp, from now: Timestamp) -> String {
        "Nothing is rolled back automatically for \(NumberFormat.span(minutes: Int((end - now + 59_999) / 60_000))), until "
            + "\(end.text) UTC; from then on the watchdog acts again."
    }
}
