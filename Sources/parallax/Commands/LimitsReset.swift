import AdminAPI
import ArgumentParser
import NIOCore

/// `parallax limits reset`
struct LimitsReset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract:
            "Forget what one identity, an organization or all identities have used, in Redis and in the instances' memory.",
        discussion: """
            The instance that is asked clears Redis and its own memory, and tells the others through Redis. Exits with 69 \
            if Redis could not be asked.

              parallax limits reset key-1 --organization acme     one identity
              parallax limits reset --organization acme --all     every identity of acme
              parallax limits reset --all                         every identity of this deployment
            """)

    @Argument(help: "The API key, user or client address.")
    var identifier: String?

    @Option(help: "The organization (default: global for one identity).")
    var organization: String?

    @Flag(help: "Every identity: of --organization, or of all organizations without it.")
    var all = false

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    @OptionGroup var admin: AdminOptions

    func validate() throws {
        guard (identifier != nil) != all else {
            throw ValidationError("Name one identity, or give --all with or without --organization.")
        }
    }

    func run() async throws {
        // Going through millions of keys takes a while.
        let client = try await admin.makeClient(
            transport: AdminClient.overHTTP(timeout: all ? .minutes(5) : .seconds(10)))
        let body = ResetRequest(organization: organization, identifier: identifier, all: all ? true : nil)
        if all {
            try finish(try await client.post("/v1/limits/reset", body: body) as ResetAllAnswer)
        } else {
            try finish(try await client.post("/v1/limits/reset", body: body) as ResetAnswer)
        }
    }

    private func finish(_ answer: some ClearedAnswer) throws {
        Terminal.print(json ? try JSONText.make(answer) : answer.text)
        guard !answer.isCleared else { return }
        throw CommandFailure(
            .unavailable, "Redis still holds what was used: \(answer.problem ?? "it was not asked")",
            remedy: "Look at the instance's /health, and reset again.")
    }
}

/// An answer of `POST /v1/limits/reset`.
private protocol ClearedAnswer: Codable {
    /// Whether Redis was cleared.
    var isCleared: Bool { get }
    var problem: String? { get }
    var text: String { get }
}

extension ResetAnswer: ClearedAnswer {
    fileprivate var isCleared: Bool { redis != nil }

    var text: String {
        func told(_ held: Bool) -> String { held ? "cleared" : "held nothing" }
        return "memory  \(told(memory))" + (redis.map { "\nRedis   \(told($0))" } ?? "")
    }
}

extension ResetAllAnswer: ClearedAnswer {
    fileprivate var isCleared: Bool { redisIdentities != nil }

    var text: String {
        func told(_ count: Int) -> String { "\(count) \(count == 1 ? "identity" : "identities") cleared" }
        return "memory  \(told(memoryIdentities))" + (redisIdentities.map { "\nRedis   \(told($0))" } ?? "")
    }
}
