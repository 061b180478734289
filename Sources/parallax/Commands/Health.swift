import ArgumentParser
import CommandSupport
import Foundation
import ParallaxCore

/// `parallax health`
struct Health: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a running instance how it is, and say why if it is not well.",
        discussion: """
            Reads /health, which needs no token. docs/health.md explains every reason and what makes the status.

              parallax health
              parallax health --url http://10.0.0.7:8080 --json
              parallax health || echo "look at it"

            Exit codes: 0 healthy, 2 degraded (callers get their answers, and a person should look), 3 unhealthy (they do \
            not), 69 no instance answers there.
            """)

    @OptionGroup var instance: InstanceOption

    @Flag(help: "Print the whole body of /health as JSON.")
    var json = false

    func run() async throws {
        let url = try await instance.resolve()
        let (answer, body) = try await Self.ask(url, AdminClient.overHTTP)
        Terminal.print(json ? JSONEscaping.text(String(decoding: body, as: UTF8.self)) : answer.text)
        if answer.status != .healthy { throw answer.status.exitCode }
    }

    /// The answer of an instance, and its whole body.
    static func ask(
        _ url: String, _ transport: AdminClient.Transport
    ) async throws -> (answer: HealthAnswer, body: Data) {
        let response: AdminClient.Response
        do {
            response = try await transport(AdminClient.Request(method: "GET", url: url + "/health"))
        } catch let failure as AdminClient.TransportFailure {
            throw CommandFailure(failure, at: url)
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        // 503 is an answer too: that of an instance that is not well.
        guard [200, 503].contains(response.status),
            let answer = try? decoder.decode(HealthAnswer.self, from: response.body)
        else {
            throw CommandFailure(notParallax: url, status: response.status)
        }
        return (answer, response.body)
    }
}

/// What the command reads of the body of `/health`.
struct HealthAnswer: Decodable, Equatable {
    enum Status: String, Decodable {
        case healthy
        case degraded
        case unhealthy

        /// What tells it to scripts: the numbers never change.
        var exitCode: ExitCode {
            switch self {
            case .healthy: .success
            case .degraded: ExitCode(2)
            case .unhealthy: ExitCode(3)
            }
        }
    }

    struct Security: Decodable, Equatable {
        struct MiddlewareStatus: Decodable, Equatable {
            let migrationStrategy: String
        }

        let middlewareStatus: MiddlewareStatus
    }

    let status: Status
    let reasons: [String]
    let instance: String
    let environment: String
    let security: Security

    var text: String {
        let strategy = security.middlewareStatus.migrationStrategy
        let head = "\(instance) (\(environment), \(strategy)) is \(status.rawValue)".escapedForTerminal
        return ([reasons.isEmpty ? head : head + ":"] + reasons.map { "  " + $0.escapedForTerminal })
            .joined(separator: "\n")
    }
}
