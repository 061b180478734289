import AdminAPI
import ArgumentParser
import CommandSupport
import DivergenceStore
import FeatureFlags
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
        let acknowledgement = try Acknowledgement(
            validating: by ?? CurrentUser.current, reason: reason, time: Timestamp.now())
        var outcomes: [AcknowledgementOutcome] = []
        for url in urls {
            let token = adminTokenFile.map { ["--admin-token-file", $0] } ?? []
            let client = try await AdminOptions.parse(["--url", url] + token).makeClient(transport: transport)
            outcomes.append(await client.acknowledge(acknowledgement))
        }
        if urls.isEmpty || !databases.paths.isEmpty {
            let flags = await file.openIfUsable()
            for path in try await databases.resolve() {
                let database = DatabaseAcknowledgement(
                    path: path, flags: flags, settings: await RollbackProtection.settings())
                outcomes.append(try await database.record(acknowledgement))
            }
        }
        for outcome in outcomes { outcome.tell() }
        if outcomes.contains(where: \.isDone) {
            if let end = outcomes.compactMap(\.holdOffUntil).max() {
                Terminal.print(Self.holdOff(until: end, from: acknowledgement.time))
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

/// What one acknowledgement did at one instance or database.
struct AcknowledgementOutcome {
    enum Result {
        /// Acknowledged; the rollback, if it is known.
        case done(RollbackLatch.Firing?)
        /// The database cannot be written now: instances take the acknowledgement from next to the flag file, and write it later.
        case left(RollbackLatch.Firing?, because: String)
        /// Nothing waits, or no longer.
        case nothing
        case failed(CommandFailure)
    }

    /// The address or the path.
    let place: String
    let result: Result
    /// What an instance does from now on that the rollback held at `legacy`; `nil` if none was held, or it is not known.
    var released: Strategy?
    /// Until when nothing is rolled back automatically because of this; `nil` if it is not known.
    var holdOffUntil: Timestamp?

    var isDone: Bool {
        switch result {
        case .done, .left: true
        case .nothing, .failed: false
        }
    }

    var failure: CommandFailure? {
        if case .failed(let failure) = result { failure } else { nil }
    }

    func tell() {
        let place = place.escapedForTerminal
        switch result {
        case .done(let firing):
            Terminal.print("Acknowledged at \(place): \(Self.text(firing)).")
            if let released, released != .legacy {
                Terminal.note(
                    """
                    note: the rollback could not be written and held the instance at legacy; from now on it follows the \
                    file: \(released.rawValue)
                    """)
            }
        case .left(let firing, let reason):
            Terminal.print("Acknowledged next to the flag file: \(Self.text(firing)).")
            Terminal.note("note: \(reason.escapedForTerminal); the instance writes the acknowledgement there later")
        case .nothing: Terminal.note("note: at \(place) no rollback waits to be acknowledged")
        case .failed(let failure): Terminal.note("parallax: \(place): \(failure.message.escapedForTerminal)")
        }
    }

    private static func text(_ firing: RollbackLatch.Firing?) -> String {
        firing.map { "\($0.trigger.rawValue) at \($0.time.text) UTC" } ?? "the rollback"
    }
}

/// Acknowledges in one database, and next to the flag file for all who share it.
struct DatabaseAcknowledgement {
    let path: String
    /// The flag file; `nil` if there is none that can be used.
    let flags: FlagStore?
    /// For how long a rollback holds off; `nil` if those settings are invalid.
    var settings: RollbackSettings?

    func record(_ acknowledgement: Acknowledgement) async throws -> AcknowledgementOutcome {
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(
                .noInput, "there is no database at \(path)", remedy: "Name one with --database or DATABASE_PATH.")
        }
        let shared = flags?.sharedLatch
        do {
            let record = SQLiteRollbackStore(store: try DivergenceStore(path: path))
            let hold = try await record.loadLatch().hold
            let latch = try await record.changeLatch { latch in
                // An instance may have been rolled back by another moments ago, and not have noted that yet.
                if !latch.isLatched, let shared { latch = latch.merged(with: shared) }
                try latch.acknowledge(acknowledgement)
            }
            if let shared, shared.firing == latch.firing { await flags?.publish(latch) }
            return AcknowledgementOutcome(
                place: path, result: .done(latch.firing),
                released: hold.map { flags?.health.file.strategy ?? $0.strategy },
                holdOffUntil: end(of: latch, acknowledgement))
        } catch let error as DivergenceStoreError {
            if error.cause as? RollbackLatchError != nil {
                return AcknowledgementOutcome(place: path, result: .nothing)
            }
            guard let flags, var latch = shared, latch.isLatched, error.canRetry || error.code == .readOnly else {
                throw error
            }
            try latch.acknowledge(acknowledgement)
            await flags.publish(latch)
            guard flags.sharedLatch?.isLatched == false else { throw error }
            return AcknowledgementOutcome(
                place: path, result: .left(latch.firing, because: error.message),
                holdOffUntil: end(of: latch, acknowledgement))
        }
    }

    private func end(of latch: RollbackLatch, _ acknowledgement: Acknowledgement) -> Timestamp? {
        guard let settings, case .holdingOff(let end) = latch.state(at: acknowledgement.time, settings: settings) else {
            return nil
        }
        return end
    }
}

extension AdminClient {
    /// Tells the instance.
    func acknowledge(_ acknowledgement: Acknowledgement) async -> AcknowledgementOutcome {
        do {
            let answer: AcknowledgementAnswer = try await post(
                "/v1/rollback/acknowledge",
                body: ReasonedRequest(by: acknowledgement.by, reason: acknowledgement.reason))
            return AcknowledgementOutcome(place: baseURL, result: .done(nil), holdOffUntil: answer.holdOffUntil)
        } catch let failure as CommandFailure {
            let isNothing = failure.message.contains(RollbackLatchError.notLatched.description)
            return AcknowledgementOutcome(place: baseURL, result: isNothing ? .nothing : .failed(failure))
        } catch {
            return AcknowledgementOutcome(place: baseURL, result: .failed(CommandFailure(.failure, "\(error)")))
        }
    }
}
