import ArgumentParser

/// `parallax limits reset`
struct LimitsReset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Forget what one identity has used, in Redis and in the instances' memory.",
        discussion: """
            The instance that is asked clears Redis and its own memory, and tells the others through Redis. Exits with 69 \
            where Redis could not be asked.

              parallax limits reset key-1 --organization acme
            """)

    @Argument(help: "The API key, user or client address.")
    var identifier: String

    @Option(help: "The identity's organization (default: global).")
    var organization: String?

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    @OptionGroup var admin: AdminOptions

    func run() async throws {
        let answer: ResetAnswer = try await admin.makeClient(transport: AdminClient.overHTTP)
            .post("/v1/limits/reset", body: Body(organization: organization, identifier: identifier))
        Terminal.print(json ? try JSONText.make(answer) : answer.text)
        if answer.redis == nil {
            throw CommandFailure(
                .unavailable, "Redis still holds what the identity has used: \(answer.problem ?? "it was not asked")",
                remedy: "Look at the instance's /health, and reset again.")
        }
    }

    private struct Body: Encodable {
        let organization: String?
        let identifier: String
    }
}

/// The answer of `POST /v1/limits/reset`.
struct ResetAnswer: Codable, Equatable {
    let memory: Bool
    /// `nil` where Redis could not be asked.
    let redis: Bool?
    let problem: String?

    var text: String {
        func told(_ held: Bool) -> String { held ? "cleared" : "held nothing" }
        return "memory  \(told(memory))" + (redis.map { "\nRedis   \(told($0))" } ?? "")
    }
}
