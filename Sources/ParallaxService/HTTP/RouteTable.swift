import HTTPTypes
import Hummingbird

/// Routes, where every other known method of a path answers 405 instead of 404.
struct RouteTable<Context: DoorContext> {
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
