import HTTPTypes
import Hummingbird
import ParallaxCore

/// `/v1/forward-auth`: the same answer for a gateway that asks about a request it holds, found out from its headers.
///
/// Traefik and Caddy ask with GET. Envoy asks with the method of the request it holds, and appends its path.
struct ForwardAuthController<Context: DoorContext>: Sendable {
    let door: Door
    let identification: Replaceable<CallerIdentification>

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
            let headers = request.headers
            let identity = try identification.current.identify(
                peer: context.peer, apiKeys: headers[values: .apiKey], organizations: headers[values: .organizationID],
                forwardedFor: headers[values: .forwardedFor])
            response = try await door.answer(identity, cost: 1, arrival: arrival)
        } catch {
            response = Response(error)
        }
        return request.method == .head ? response.createHeadResponse() : response
    }
}
