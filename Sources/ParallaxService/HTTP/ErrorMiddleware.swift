import Hummingbird
import Logging

/// Puts whatever was thrown into the form that all errors have.
struct ErrorMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as RequestError {
            return Response(error)
        } catch let error as HTTPError where error.status == .notFound {
            return Response(RequestError.notFound)
        } catch {
            // The type alone: an error's text may quote what a stranger sent.
            context.logger.error("a request failed", metadata: ["error": "\(type(of: error))"])
            return Response(RequestError.failed)
        }
    }
}
