import HTTPTypes
package import Hummingbird
import NIOCore
import ParallaxCore
package import Settings

/// All that the routes need. The admin routes answer 404 with an explanation if there is no token.
struct Endpoints: Sendable {
    var checkHandler: CheckHandler
    let identification: Replaceable<CallerIdentification>
    var health: any HealthSource
    var metrics: DecisionMetrics
    var http: HTTPMetrics
    /// The open connections; `nil` if they are not counted.
    var connections: ConnectionTable?
    /// The admin routes' token and actions; `nil` if they are off.
    var admin: AdminAccess?
    /// Takes the response times that applications report; `nil` if there is no such route.
    var applicationTimes: ApplicationTimes?

    init(
        checkHandler: CheckHandler, identification: CallerIdentification = CallerIdentification(),
        health: any HealthSource,
        metrics: DecisionMetrics, http: HTTPMetrics = HTTPMetrics(), connections: ConnectionTable? = nil,
        admin: AdminAccess? = nil,
        applicationTimes: ApplicationTimes? = nil
    ) {
        self.checkHandler = checkHandler
        self.identification = Replaceable(identification)
        self.health = health
        self.metrics = metrics
        self.http = http
        self.connections = connections
        self.admin = admin
        self.applicationTimes = applicationTimes
    }
}

/// Makes the service's routes.
///
/// - Parameter context: The kind of context, which tells where a connection comes from; tests have one of their own.
func makeRouter<Context: PeerContext>(
    _ endpoints: Endpoints, context: Context.Type = SocketContext.self
) -> Router<Context> {
    let router = Router(context: Context.self)
    var routes = RouteTable(router: router)
    CheckController(checkHandler: endpoints.checkHandler).addRoutes(to: &routes)
    ForwardAuthController(
        checkHandler: endpoints.checkHandler, identification: endpoints.identification, metrics: endpoints.http
    ).addRoutes(to: &routes)
    // What follows goes through the middleware, and so do unknown paths.
    router.add(middleware: ErrorMiddleware(metrics: endpoints.http))
    HealthController(source: endpoints.health).addRoutes(to: &routes)
    MetricsController(
        metrics: endpoints.metrics, http: endpoints.http, connections: endpoints.connections, health: endpoints.health
    ).addRoutes(to: &routes)
    AdminController(access: endpoints.admin).addRoutes(to: &routes)
    if let times = endpoints.applicationTimes { ResponseTimesController(times: times).addRoutes(to: &routes) }
    return router
}

/// Routes, where every other known method of a path answers 405 instead of 404.
struct RouteTable<Context: PeerContext> {
    /// Methods that gateways forward and clients may try; the last one stands for all others.
    static var knownMethods: [HTTPRequest.Method] {
        [.get, .head, .post, .put, .patch, .delete, .options, .trace, .connect]
            + [HTTPRequest.Method(RequestStartHandler.rareMethod)!]
    }

    typealias Handler = @Sendable (Request, Context) async throws -> Response

    private let router: Router<Context>

    init(router: Router<Context>) {
        self.router = router
    }

    /// Has a path answered.
    ///
    /// - Parameters:
    ///   - methods: The methods it answers to; with GET also HEAD.
    func on(_ path: String, _ methods: [HTTPRequest.Method], handler: @escaping Handler) {
        let path = RouterPath(path)
        let answersHead = methods.contains(.get) && !methods.contains(.head)
        for method in methods { router.on(path, method: method, use: handler) }
        if answersHead {
            router.on(path, method: .head) { request, context in
                try await handler(request, context).createHeadResponse()
            }
        }
        let allowed = methods.map(\.rawValue) + (answersHead ? ["HEAD"] : [])
        for method in Self.knownMethods where !allowed.contains(method.rawValue) {
            router.on(path, method: method) { request, _ in
                let response = Response(RequestError.methodNotAllowed(allowed: allowed))
                return request.method == .head ? response.createHeadResponse() : response
            }
        }
    }
}

/// A request's context that knows the address of its peer.
package protocol PeerContext: RequestContext {
    /// The address at the other end; `nil` if it is not an internet address.
    var peer: IPAddress? { get }
}

/// The context of requests that come over a socket.
package struct SocketContext: PeerContext {
    package var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    package var peer: IPAddress? { channel.remoteAddress.flatMap { IPAddress($0) } }
}
