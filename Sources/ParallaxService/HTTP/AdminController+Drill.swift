import FeatureFlags
import Hummingbird
import ParallaxCore

/// The three steps of a drill: the flip, the way back, and the note that it went well.
extension AdminController {
    func addDrillRoutes(to routes: inout RouteTable<Context>) {
        on("/v1/rollback/drill", .post, &routes) { access, request, _ in
            let body = try await AdminBody.decode(DrillBody.self, from: request.body, fields: ["by", "reason"])
            for (part, text) in [("name", body.by), ("reason", body.reason)] {
                guard let problem = OneLineText.problem(in: text) else { continue }
                throw RequestError.invalidField(problem.description(of: part))
            }
            return try await answer {
                DrillBeganDocument(try await access.actions.beginDrill(by: body.by, reason: body.reason))
            }
        }
        on("/v1/rollback/drill/end", .post, &routes) { access, _, _ in
            try await answer { DrillEndDocument(try await access.actions.endDrill()) }
        }
        on("/v1/rollback/drill/record", .post, &routes) { access, request, _ in
            let body = try await AdminBody.decode(
                DrillRecordBody.self, from: request.body, fields: ["applied_ms", "restored_ms", "instances", "heard"])
            return try await answer {
                DrillDocument(
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

private struct DrillBody: Decodable {
    let by: String
    let reason: String
}

private struct DrillRecordBody: Decodable {
    private enum CodingKeys: String, CodingKey {
        case appliedMs = "applied_ms"
        case restoredMs = "restored_ms"
        case instances
        case heard
    }

    let appliedMs: Int64
    let restoredMs: Int64
    let instances: Int
    /// The names of the instances watched; left out by earlier versions of the command.
    let heard: [String]?
}

/// The answer to the flip. Times are milliseconds since the Unix epoch.
struct DrillBeganDocument: Encodable {
    let began: Timestamp
    let until: Timestamp

    init(_ note: DrillNote) {
        began = note.began
        until = note.until
    }
}

/// The answer to the way back.
struct DrillEndDocument: Encodable {
    /// `restored`, `changed_by_others`, `taken_over` or `failed`.
    let outcome: String
    /// What failed, with the remedy.
    let problem: String?

    init(_ end: DrillEnd) {
        switch end {
        case .restored: (outcome, problem) = ("restored", nil)
        case .changedByOthers: (outcome, problem) = ("changed_by_others", nil)
        case .takenOver: (outcome, problem) = ("taken_over", nil)
        case .failed(let error): (outcome, problem) = ("failed", error.description)
        }
    }
}

/// A drill that went well.
struct DrillDocument: Encodable {
    let time: Timestamp
    let appliedMs: Int64?
    let restoredMs: Int64?
    let instances: Int?
    let heard: [String]?
    /// Those that share the flag file and were not watched.
    let unheard: [String]?

    init(_ drill: RollbackDrill) {
        time = drill.time
        appliedMs = drill.appliedMilliseconds
        restoredMs = drill.restoredMilliseconds
        instances = drill.instances
        heard = drill.heard
        unheard = drill.unheard
    }
}
