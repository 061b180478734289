import Foundation
import ParallaxCore

/// One alert of the body that `POST /api/v2/alerts` takes, an array of these.
///
/// Source: Alertmanager's OpenAPI description, `api/v2/openapi.yaml`, `postableAlert`. Labels hold only names of which there
/// are few; no identity, organization or path is in any part.
struct AlertDocument: Codable, Equatable {
    struct Labels: Codable, Equatable {
        let alertname: String
        let severity: String
        let service: String
        let instance: String
        let trigger: String?
    }

    struct Annotations: Codable, Equatable {
        let summary: String
        let description: String
    }

    let labels: Labels
    let annotations: Annotations
    let startsAt: String
    let endsAt: String

    /// - Parameter instance: The name of this instance.
    init(_ message: AlertMessage, instance: String) {
        let alert = message.alert
        labels = Labels(
            alertname: alert.name.rawValue, severity: alert.name.severity.rawValue, service: "parallax",
            instance: instance, trigger: alert.trigger?.rawValue)
        annotations = Annotations(summary: alert.summary, description: alert.description)
        startsAt = (alert.startsAt + message.clockOffset).iso8601Milliseconds
        endsAt = (message.endsAt + message.clockOffset).iso8601Milliseconds
    }

    /// The body of a request.
    static func body(_ messages: [AlertMessage], instance: String) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(messages.map { AlertDocument($0, instance: instance) })
    }
}
