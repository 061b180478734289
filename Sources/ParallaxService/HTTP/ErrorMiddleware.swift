import Hummingbird
import Logging

/// Puts whatever was thrown into the form that all errors have.
struct ErrorMiddleware<Context: RequestContext>: RouterMiddleware {
    let metrics: HTTPMetrics

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let response = await answer(request, context, next)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(
        _ request: Request, _ context: Context, _ next: (Request, Context) async throws -> Response
    ) async -> Response {
        do {
            return try await next(request, context)
        } catch let error as RequestError {
            // What the connection's handler refused it has counted.
            if error != .malformed, error != .timedOut { metrics.refused(error) }
            return Response(error)
        } catch let error as HTTPError where error.status == .notFound {
            return Response(RequestError.notFound)
        } catch {
            // Only the type: an error's text may quote what a stranger sent.
            context.logger.error("a request failed", metadata: ["error": "\(type(of: error))"])
            return Response(RequestError.failed)
        }
    }
}
