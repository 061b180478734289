import AdminAPI
import Settings
import HTTPTypes
import Hummingbird
import Logging
import ParallaxCore

/// Routes that list or change state, behind a bearer token. Never limited.
struct AdminController<Context: DoorContext>: Sendable {
    /// `nil` if there is no token: then every route says so.
    let access: AdminAccess?

    private static var maximumListed: Int { 1000 }

    func addRoutes(to routes: inout RouteTable<Context>) {
        on("/v1/limits/status", .get, &routes) { access, request, _ in try await status(access, request) }
        on("/v1/limits/top", .get, &routes) { access, request, _ in try await top(access, request) }
        on("/v1/limits/reset", .post, &routes) { access, request, context in
            let body = try await AdminBody.decode(
                ResetRequest.self, from: request.body, fields: ["organization", "identifier", "all"], skipsOthers: false
            )
            guard let identifier = body.identifier else { return try await resetAll(access, body, context) }
            guard body.all != true else {
                throw RequestError.invalidField("all and identifier exclude each other")
            }
            let identity = try Self.identity(body.organization, identifier)
            context.logger.notice("an identity was reset")
            return try Response(json: await access.actions.reset(identity))
        }
        on("/v1/flags", .get, &routes) { access, _, _ in
            try Response(json: await access.actions.flags())
        }
        on("/v1/rollback/acknowledge", .post, &routes) { access, request, _ in
            let body = try await AdminBody.decode(
                ReasonedRequest.self, from: request.body, fields: ["by", "reason"])
            return try await acknowledge(access, body)
        }
        addDrillRoutes(to: &routes)
    }

    typealias Handler = @Sendable (AdminAccess, Request, Context) async throws -> Response

    /// Adds a route that asks for the token before anything else.
    func on(
        _ path: String, _ method: HTTPRequest.Method, _ routes: inout RouteTable<Context>, handler: @escaping Handler
    ) {
        routes.on(path, [method]) { request, context in
            guard let access else { throw RequestError.adminOff }
            guard access.token.current.matches(authorization: request.headers[.authorization]) else {
                throw RequestError.unauthorized
            }
            return try await handler(access, request, context)
        }
    }

    private func resetAll(_ access: AdminAccess, _ body: ResetRequest, _ context: Context) async throws -> Response {
        // A body without an identifier must say that it means all of them.
        guard body.all == true else { throw RequestError.missingField("identifier") }
        guard let organization = body.organization else {
            context.logger.notice("all identities were reset")
            return try Response(json: await access.actions.resetAll(of: .everything))
        }
        // An identity checks and normalises the organization's name.
        let name = try Self.identity(organization, "*").organization
        context.logger.notice("all identities of an organization were reset")
        return try Response(json: await access.actions.resetAll(of: .organization(name)))
    }

    private func status(_ access: AdminAccess, _ request: Request) async throws -> Response {
        let parameters = try QueryParameters(request.uri.query, names: ["organization", "identifier"])
        guard let identifier = parameters["identifier"] else {
            throw RequestError.invalidParameter(name: "identifier", expected: "given: an API key, a user or an address")
        }
        let identity = try Self.identity(parameters["organization"], identifier)
        let policy = access.policies.read { $0.policy(for: identity.organization) }
        return try Response(
            json: await access.actions.limitStatus(of: CheckRequest(identity: identity, policy: policy, cost: 0)))
    }

    private func top(_ access: AdminAccess, _ request: Request) async throws -> Response {
        let parameters = try QueryParameters(request.uri.query, names: ["organization", "limit"])
        let organization = parameters["organization"] ?? ""
        let text = parameters["limit"] ?? "10"
        guard let limit = Int(text), (1...Self.maximumListed).contains(limit) else {
            throw RequestError.invalidParameter(
                name: "limit", expected: "a whole number from 1 to \(Self.maximumListed)")
        }
        // An identity checks and normalises the organization's name.
        let name = try Self.identity(organization, "*").organization
        let entries = await access.actions.mostRefused(organization: name, limit: limit)
        return try Response(json: MostRefusedAnswer(organization: name, identities: entries))
    }

    private func acknowledge(_ access: AdminAccess, _ body: ReasonedRequest) async throws -> Response {
        do throws(RollbackLatchError) {
            // The time is the action's to set: this is for the checks.
            _ = try Acknowledgement(validating: body.by, reason: body.reason, time: Timestamp(milliseconds: 0))
        } catch {
            throw RequestError.invalidField(error.description)
        }
        do {
            return try Response(json: await access.actions.acknowledge(by: body.by, reason: body.reason))
        } catch let refusal as AcknowledgementRefusal {
            throw RequestError.refused(reason: refusal.reason)
        }
    }

    private static func identity(_ organization: String?, _ identifier: String) throws(RequestError) -> Identity {
        do throws(IdentityError) {
            return try Identity(organization: organization, identifier: identifier)
        } catch {
            throw .identity(error)
        }
    }
}
