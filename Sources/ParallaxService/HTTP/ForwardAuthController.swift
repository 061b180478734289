import HTTPTypes
import Hummingbird
import ParallaxCore

/// `/v1/forward-auth`: the same answer for a gateway that asks about a request it holds, found out from its headers.
///
/// Traefik and Caddy ask with GET. Envoy asks with the method of the request it holds, and appends its path.
struct ForwardAuthController<Context: DoorContext>: Sendable {
    let door: Door
    let identification: Replaceable<CallerIdentification>
    let metrics: HTTPMetrics

    func addRoutes(to routes: inout RouteTable<Context>) {
        for path in ["/v1/forward-auth", "/v1/forward-auth/**"] {
            routes.on(path, RouteTable<Context>.knownMethods) { request, context in
                await answer(request, context)
            }
        }
    }

    private func answer(_ request: Request, _ context: Context) async -> Response {
        let arrival = ContinuousClock.now
        let response: Response
        do throws(RequestError) {
            let peer = context.peer
            let identification = identification.current
            for attempt in identification.ignored(peer: peer, headers: request.headers) { metrics.note(attempt) }
            let identity = try identification.identify(peer: peer, headers: request.headers)
            if door.policies.read({ $0.isUnconfigured(identity.organization) }) {
                metrics.note(.unconfiguredOrganization)
            }
            response = try await door.answer(identity, cost: 1, arrival: arrival, hasBodyIfAllowed: false)
        } catch {
            metrics.refused(error)
            response = Response(error)
        }
        return request.method == .head ? response.createHeadResponse() : response
    }
}
