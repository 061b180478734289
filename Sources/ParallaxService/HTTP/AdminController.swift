import Settings
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ParallaxCore

/// Routes that list or change state, behind a bearer token. Never limited.
struct AdminController<Context: DoorContext>: Sendable {
    /// `nil` where there is no token: then every route says so.
    let access: AdminAccess?

    private static var maximumBodyBytes: Int { 16 * 1024 }
    private static var maximumListed: Int { 1000 }

    func addRoutes(to routes: inout RouteTable<Context>) {
        on("/v1/limits/status", .get, &routes) { access, request, _ in try await status(access, request) }
        on("/v1/limits/top", .get, &routes) { access, request, _ in try await top(access, request) }
        on("/v1/limits/reset", .post, &routes) { access, request, context in
            let body = try await decode(ResetBody.self, request, context)
            guard let identifier = body.identifier else { return try await resetAll(access, body, context) }
            guard body.all != true else {
                throw RequestError.invalidField("all and identifier exclude each other")
            }
            let identity = try Self.identity(body.organization, identifier)
            context.logger.notice("an identity was reset")
            return try Response(json: await access.actions.reset(identity))
        }
        on("/v1/flags", .get, &routes) { access, _, _ in
            try Response(json: HealthDocument.Flags(await access.actions.flags()))
        }
        on("/v1/rollback/acknowledge", .post, &routes) { access, request, context in
            try await acknowledge(access, try await decode(AcknowledgeBody.self, request, context))
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

    private func resetAll(_ access: AdminAccess, _ body: ResetBody, _ context: Context) async throws -> Response {
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
        let parameters = request.uri.queryParameters
        guard let identifier = parameters.get("identifier") else {
            throw RequestError.invalidParameter(name: "identifier", expected: "there")
        }
        let identity = try Self.identity(parameters.get("organization"), identifier)
        let policy = access.policies.read { $0.policy(for: identity.organization) }
        let standing = await access.actions.standing(of: try CheckRequest(identity: identity, policy: policy, cost: 0))
        return try Response(json: StandingDocument(identity, standing))
    }

    private func top(_ access: AdminAccess, _ request: Request) async throws -> Response {
        let parameters = request.uri.queryParameters
        let organization = parameters.get("organization") ?? ""
        let text = parameters.get("limit") ?? "10"
        guard let limit = Int(text), (1...Self.maximumListed).contains(limit) else {
            throw RequestError.invalidParameter(name: "limit", expected: "from 1 to \(Self.maximumListed)")
        }
        // An identity checks and normalises the organization's name.
        let name = try Self.identity(organization, "*").organization
        let entries = await access.actions.mostRefused(organization: name, limit: limit)
        return try Response(json: TopDocument(organization: name, identities: entries))
    }

    private func acknowledge(_ access: AdminAccess, _ body: AcknowledgeBody) async throws -> Response {
        do throws(RollbackLatchError) {
            // The time is the action's to set: this is for the checks.
            _ = try Acknowledgement(validating: body.by, reason: body.reason, time: Timestamp(milliseconds: 0))
        } catch {
            throw RequestError.invalidField(error.description)
        }
        do throws(AcknowledgementRefusal) {
            let acknowledged = try await access.actions.acknowledge(by: body.by, reason: body.reason)
            return try Self.response(AcknowledgedDocument(acknowledged))
        } catch {
            throw RequestError.refused(reason: error.reason)
        }
    }

    private static func response(_ document: AcknowledgedDocument) throws(AcknowledgementRefusal) -> Response {
        do { return try Response(json: document) } catch {
            throw AcknowledgementRefusal(reason: "the answer has no form")
        }
    }

    private static func identity(_ organization: String?, _ identifier: String) throws(RequestError) -> Identity {
        do throws(IdentityError) {
            return try Identity(organization: organization, identifier: identifier)
        } catch {
            throw .identity(error)
        }
    }

    func decode<Body: Decodable>(
        _ type: Body.Type, _ request: Request, _ context: Context
    ) async throws -> Body {
        let bytes: ByteBuffer
        do {
            bytes = try await request.body.collect(upTo: Self.maximumBodyBytes)
        } catch {
            throw RequestError(reading: error, maximumBytes: Self.maximumBodyBytes)
        }
        // The rules of every other body; Foundation's reader has others.
        try BodyReader.read(bytes) { (reader, _) throws(RequestError) in try reader.skip() }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes.readableBytesView))
        } catch DecodingError.keyNotFound(let key, _) {
            throw RequestError.missingField(key.stringValue)
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            throw RequestError.wrongType(field: context.codingPath.last?.stringValue ?? "body", expected: "a string")
        } catch {
            throw RequestError.json(JSONFault(reason: .notAnObject, offset: 0))
        }
    }
}

private struct ResetBody: Decodable {
    let organization: String?
    /// Missing to clear many.
    let identifier: String?
    /// Whether to clear every identity of the organization; without an organization those of all.
    let all: Bool?
}

private struct AcknowledgeBody: Decodable {
    let by: String
    let reason: String
}

/// The answer to an acknowledgement. Times are milliseconds since the Unix epoch.
private struct AcknowledgedDocument: Encodable {
    let acknowledged: [Trigger]
    /// Left out if nothing holds off.
    let holdOffUntil: Timestamp?

    init(_ acknowledged: AcknowledgedTriggers) {
        (self.acknowledged, holdOffUntil) = (acknowledged.triggers, acknowledged.holdOffUntil)
    }
}

private struct TopDocument: Encodable {
    let organization: String
    let identities: [MostRefused.Entry]
}
