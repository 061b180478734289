@testable import Settings
import Hummingbird
import Logging
import NIOCore
import ParallaxCore
import ServiceLifecycle
import Testing

@testable import ParallaxService

/// The service behind a socket on which a test says every byte.
struct RawService: Sendable {
    let port: Int
    let judge: ScriptedJudge
    let metrics: HTTPMetrics
    let connections: ConnectionTable
    fileprivate let group: ServiceGroup

    static func run(
        maximumConnections: Int = 100, hosts: [String] = [],
        identification: CallerIdentification = CallerIdentification(), log: CapturedLog? = nil,
        _ test: @escaping @Sendable (RawService) async throws -> Void
    ) async throws {
        let judge = ScriptedJudge.allowing()
        let metrics = HTTPMetrics()
        let bounds = ConnectionBounds(maximum: maximumConnections, hosts: AllowedHosts(hosts))
        let checkHandler = CheckHandler(
            judge: judge, policies: PolicyBook(defaultValue: .defaultValue), isProduction: false, failsOpen: { false })
        let decisions = DecisionMetrics()
        let endpoints = Endpoints(
            checkHandler: checkHandler, identification: identification, health: ScriptedHealth(), metrics: decisions,
            http: metrics,
            connections: bounds.connections,
            applicationTimes: ApplicationTimes(
                observer: RollbackObserver(), metrics: decisions, holdoutPercent: 0, strategy: { .hybrid }))
        var logger = log?.logger ?? Logger(label: "test")
        logger.logLevel = log == nil ? .critical : .info
        let (ports, listening) = AsyncStream<Int>.makeStream()
        let app = Application(
            router: makeRouter(endpoints), server: .bounded(bounds, metrics: metrics),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in listening.yield(channel.localAddress?.port ?? 0) }, logger: logger)
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [app], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let port = try #require(await ports.first { _ in true })
            let service = RawService(
                port: port, judge: judge, metrics: metrics, connections: bounds.connections, group: group)
            let result: Result<Void, any Error>
            do { result = .success(try await test(service)) } catch { result = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    /// Has the service end, without waiting for it.
    func shutDown() async { await group.triggerGracefulShutdown() }

    /// All that comes back until the service closes the connection.
    func exchange(_ text: String, closingOutput: Bool = false) async throws -> String {
        let connection = try await RawConnection(port: port)
        try await connection.send(text)
        if closingOutput { try await connection.closeOutput() }
        let answer = await connection.readToEnd()
        await connection.close()
        return answer
    }
}
