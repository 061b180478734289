import Hummingbird
import ParallaxCore

/// All that the routes need. The admin routes answer 404 with an explanation if there is no token.
struct Endpoints: Sendable {
    var door: Door
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
        door: Door, identification: CallerIdentification = CallerIdentification(), health: any HealthSource,
        metrics: DecisionMetrics, http: HTTPMetrics = HTTPMetrics(), connections: ConnectionTable? = nil,
        admin: AdminAccess? = nil,
        applicationTimes: ApplicationTimes? = nil
    ) {
        self.door = door
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
func makeRouter<Context: DoorContext>(
    _ endpoints: Endpoints, context: Context.Type = SocketContext.self
) -> Router<Context> {
    let router = Router(context: Context.self)
    var routes = RouteTable(router: router)
    CheckController(door: endpoints.door).addRoutes(to: &routes)
    ForwardAuthController(
        door: endpoints.door, identification: endpoints.identification, metrics: endpoints.http
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
