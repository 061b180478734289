import AdminAPI
import FeatureFlags
import Hummingbird
import ParallaxCore

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
