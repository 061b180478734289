import Hummingbird
import NIOCore
import ParallaxCore

/// `POST /v1/check`: may this identity spend these units?
struct CheckController<Context: DoorContext>: Sendable {
    let door: Door

    func addRoutes(to routes: inout RouteTable<Context>) {
        routes.on("/v1/check", [.post]) { request, _ in
            await check(request)
        }
    }

    // Errors become answers here, and not in a middleware: this is the hot path, and a middleware costs every request.
    private func check(_ request: Request) async -> Response {
        do throws(RequestError) {
            let bytes = try await collect(request.body)
            // From here on the caller waits for this service; until then for its own upload.
            let arrival = ContinuousClock.now
            let body = try CheckBody(bytes)
            let identity: Identity
            do throws(IdentityError) {
                identity = try Identity(organization: body.organization, identifier: body.identifier)
            } catch {
                throw RequestError.identity(error)
            }
            return try await door.answer(identity, cost: body.cost, arrival: arrival)
        } catch {
            return Response(error)
        }
    }

    private func collect(_ body: RequestBody) async throws(RequestError) -> ByteBuffer {
        do {
            return try await body.collect(upTo: CheckBody.maximumBytes)
        } catch {
            throw RequestError(reading: error, maximumBytes: CheckBody.maximumBytes)
        }
    }
}
