import AsyncHTTPClient
import CommandSupport
import NIOCore
import NIOHTTP1
import ParallaxCore

/// A server that is measured: its kind, its address and its files.
struct BenchServer: Equatable, Sendable {
    /// What answers.
    enum Kind: Equatable, CaseIterable, Sendable {
        /// A Hummingbird route that answers the same few bytes to all.
        case bare
        /// An instance with this strategy.
        case check(Strategy)

        static let allCases: [Kind] = [.bare] + Strategy.allCases.map(Kind.check)

        var name: String {
            switch self {
            case .bare: "bare"
            case .check(let strategy): strategy.rawValue
            }
        }
    }

    /// The highest limit that the settings allow; each of a thousand identifiers stays far below it.
    static let limit = Policy.maximumLimit

    let kind: Kind
    let instance: DemoInstance

    init(kind: Kind, port: Int, folder: String, redisURL: String) {
        self.kind = kind
        instance = DemoInstance(name: kind.name, port: port, folder: folder, redisURL: redisURL)
    }

    /// How the server is started.
    ///
    /// - Parameters:
    ///   - parallax: The path of the service's program; the bare route is a part of this one.
    ///   - inherited: The environment of this process. No limit of it goes on: all figures come from the same ones.
    func makeLaunch(parallax: String, inherited: [String: String]) -> InstanceProcess.Launch {
        let unlimited = inherited.filter { !$0.key.hasPrefix("RATE_LIMIT_") }
        var launch = instance.makeLaunch(executable: parallax, inherited: unlimited)
        switch kind {
        case .bare:
            launch.executable = "/proc/self/exe"
            launch.arguments = ["route", "--port", "\(instance.port)"]
        case .check(let strategy): launch.environment.merge(settings(for: strategy)) { $1 }
        }
        return launch
    }

    /// The body of what the server answers to a GET with 200; `nil` for every other answer, and if there is none in 10 s.
    func get(_ path: String) async -> String? {
        let request = HTTPClientRequest(url: instance.url + path)
        guard let response = try? await HTTPClient.shared.execute(request, timeout: .seconds(10)),
            // A connection can be used again only if the answer was read to its end.
            let body = try? await response.body.collect(upTo: 1_048_576), response.status == .ok
        else { return nil }
        return String(buffer: body)
    }

    private func settings(for strategy: Strategy) -> [String: String] {
        var settings = [
            "DISTRIBUTED_RATE_LIMITING_ENABLED": strategy == .legacy ? "false" : "true",
            "FEATURE_FLAG_FILE": "\(instance.folder)/\(instance.name)-flags.json",
            "HYBRID_RATE_LIMITING": strategy == .hybrid ? "true" : "false",
            // A saturated machine is slow: without this an instance would go back to legacy while it is measured.
            "ROLLBACK_DRY_RUN": Trigger.allCases.map(\.rawValue).joined(separator: ","),
        ]
        for window in ["PER_SECOND", "PER_MINUTE", "PER_HOUR", "BURST"] {
            settings["RATE_LIMIT_\(window)"] = "\(BenchServer.limit)"
        }
        return settings
    }
}
