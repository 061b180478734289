import Settings
import Hummingbird
import NIOCore
import ParallaxCore

/// `POST /v1/response-times`: how long an application's callers waited for its answers.
struct ResponseTimesController<Context: DoorContext>: Sendable {
    let times: ApplicationTimes

    func addRoutes(to routes: inout RouteTable<Context>) {
        routes.on("/v1/response-times", [.post]) { request, context in
            guard times.token?.current.matches(authorization: request.headers[.authorization]) ?? true else {
                throw RequestError.unauthorizedReport
            }
            let body = try ResponseTimesBody(try await collect(request.body))
            return try Response(
                json: times.record(body.reports, from: context.peer?.description ?? ""), status: .accepted)
        }
    }

    private func collect(_ body: RequestBody) async throws -> ByteBuffer {
        do {
            return try await body.collect(upTo: ResponseTimesBody.maximumBytes)
        } catch {
            throw RequestError(reading: error, maximumBytes: ResponseTimesBody.maximumBytes)
        }
    }
}
