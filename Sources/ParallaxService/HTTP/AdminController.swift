import AdminAPI
import FeatureFlags
import HTTPTypes
import Hummingbird
import Logging
import ParallaxCore
import Settings

/// Routes that list or change state, behind a bearer token. Never limited.
struct AdminController<Context: PeerContext>: Sendable {
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

/// The three steps of a drill: the flip, the way back, and the note that it went well.
extension AdminController {
    func addDrillRoutes(to routes: inout RouteTable<Context>) {
        on("/v1/rollback/drill", .post, &routes) { access, request, _ in
            let body = try await AdminBody.decode(ReasonedRequest.self, from: request.body, fields: ["by", "reason"])
            for (part, text) in [("name", body.by), ("reason", body.reason)] {
                guard let problem = OneLineText.problem(in: text) else { continue }
                throw RequestError.invalidField(problem.description(of: part))
            }
            return try await answer {
                let note = try await access.actions.beginDrill(by: body.by, reason: body.reason)
                return DrillStartAnswer(began: note.began, until: note.until)
            }
        }
        on("/v1/rollback/drill/end", .post, &routes) { access, _, _ in
            try await answer { DrillEndAnswer(try await access.actions.endDrill()) }
        }
        on("/v1/rollback/drill/record", .post, &routes) { access, request, _ in
            let body = try await AdminBody.decode(
                DrillRecordRequest.self, from: request.body,
                fields: ["applied_ms", "restored_ms", "instances", "heard"])
            return try await answer {
                DrillRecordAnswer(
                    try await access.actions.recordDrill(
                        appliedMilliseconds: body.appliedMs, restoredMilliseconds: body.restoredMs,
                        instances: body.instances, heard: body.heard ?? []))
            }
        }
    }

    private func answer<Document: Encodable>(_ act: () async throws -> Document) async throws -> Response {
        do {
            return try Response(json: await act())
        } catch let refusal as DrillRefusal {
            throw RequestError.refused(reason: refusal.reason)
        }
    }
}

extension DrillEndAnswer {
    init(_ end: DrillEnd) {
        switch end {
        case .restored: self.init(outcome: "restored")
        case .changedByOthers: self.init(outcome: "changed_by_others")
        case .takenOver: self.init(outcome: "taken_over")
        case .failed(let error): self.init(outcome: "failed", problem: error.description)
        }
    }
}

/// What the admin routes can do. Its owner does it; the routes only check and translate.
protocol AdminActions: Sendable {
    /// What is left of an identity's limits on both sides, found out without consuming.
    func limitStatus(of request: CheckRequest) async -> LimitStatus

    /// An organization's most refused identities, most first.
    func mostRefused(organization: String, limit: Int) async -> [MostRefusedAnswer.Entry]

    /// Clears one identity in Redis and in the instances' memory.
    func reset(_ identity: Identity) async -> ResetAnswer

    /// Clears all identities of a scope in Redis and in the instances' memory.
    func resetAll(of scope: ResetScope) async -> ResetAllAnswer

    /// The flags in force.
    func flags() async -> HealthReport.FlagFile

    /// Clears the latches of triggers that fired.
    ///
    /// - Throws: ``AcknowledgementRefusal`` if nothing waits, or it cannot be noted down.
    func acknowledge(by person: String, reason: String) async throws(AcknowledgementRefusal) -> AcknowledgementAnswer

    /// Begins a drill of the rollback: flips the flags as a rollback does.
    ///
    /// - Throws: ``DrillRefusal`` if no drill can begin now.
    func beginDrill(by person: String, reason: String) async throws(DrillRefusal) -> DrillNote

    /// Ends the drill that this instance began, and returns the state of the flags.
    func endDrill() async throws(DrillRefusal) -> DrillEnd

    /// Keeps that the drill that ended went well, with what its caller saw.
    func recordDrill(
        appliedMilliseconds: Int64, restoredMilliseconds: Int64, instances: Int, heard: [String]
    ) async throws(DrillRefusal) -> RollbackDrill
}

/// Why a rollback was not acknowledged.
struct AcknowledgementRefusal: Error, Equatable {
    /// A sentence for the person who tried.
    let reason: String
}

/// The admin routes' key and what they open.
struct AdminAccess: Sendable {
    let token: Replaceable<BearerToken>
    let actions: any AdminActions
    let policies: Replaceable<PolicyBook>

    init(token: BearerToken, actions: any AdminActions, policies: PolicyBook) {
        self.token = Replaceable(token)
        self.actions = actions
        self.policies = Replaceable(policies)
    }
}
