import ArgumentParser
import CommandSupport
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

/// `parallax-bench route`: the bare route that checks are measured against.
struct BenchRoute: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "route",
        abstract: "Answer every check with the same few bytes, until standard input closes.",
        shouldDisplay: false)

    @Option(help: "The port of 127.0.0.1 to listen on.")
    var port: Int

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be from 0 to 65535.") }
    }

    func run() async throws {
        var logger = Logger(label: "parallax.bench")
        logger.logLevel = .warning
        let app = Application(
            router: BenchRoute.makeRouter(),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)), logger: logger)
        let services: [any Service] = [app, StandardInputWatch()]
        let configurations = services.map {
            ServiceGroupConfiguration.ServiceConfiguration(
                service: $0, successTerminationBehavior: .gracefullyShutdownGroup)
        }
        let group = ServiceGroupConfiguration(
            services: configurations, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await ServiceGroup(configuration: group).run()
    }

    private static func makeRouter() -> Router<BasicRequestContext> {
        let router = Router()
        let answer = ByteBuffer(string: #"{"allowed":true}"#)
        router.post("/v1/check") { request, _ in
            // A check has to read its body too.
            _ = try await request.body.collect(upTo: 16 * 1024)
            return Response(
                status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: answer))
        }
        router.get("/health/ready") { _, _ in HTTPResponse.Status.ok }
        return router
    }
}
