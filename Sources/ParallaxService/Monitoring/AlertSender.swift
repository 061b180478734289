import AsyncHTTPClient
package import Foundation
import NIOCore
import NIOHTTP1
package import ParallaxCore
package import Settings

/// Tells a receiver, and gives the time that its answer says; throws ``AlertSendError`` if it did not take what it was told.
package typealias AlertSender = @Sendable (_ body: Data, _ receiver: AlertReceiver) async throws -> Timestamp?

/// Why a receiver was not told. Never holds its address.
package enum AlertSendError: Error, Equatable, CustomStringConvertible {
    case refused(status: Int)
    case timedOut
    case unreachable

    package var description: String {
        switch self {
        case .refused(let status): "it answered with the status \(status)"
        case .timedOut: "it did not answer in time"
        case .unreachable: "it cannot be reached"
        }
    }
}

/// Sends alerts over HTTP.
enum AlertPost {
    private static let timeout: TimeAmount = .seconds(5)

    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        // A token is for the receiver that the settings name, and for no address that it redirects to.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = timeout
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    static let send: AlertSender = { body, receiver in
        var request = HTTPClientRequest(url: receiver.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        if let authorization = receiver.authorization {
            request.headers.add(name: "Authorization", value: authorization)
        }
        request.body = .bytes(ByteBuffer(bytes: body))
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, timeout: timeout)
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout {
            throw AlertSendError.timedOut
        } catch let error as CancellationError {
            throw error
        } catch {
            throw AlertSendError.unreachable
        }
        let status = Int(response.status.code)
        guard (200..<300).contains(status) else { throw AlertSendError.refused(status: status) }
        return response.headers.first(name: "Date").flatMap(time)
    }

    /// The time of a header `Date`, such as `Sun, 06 Nov 1994 08:49:37 GMT`; `nil` if it is not one.
    static func time(_ text: String) -> Timestamp? {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.date(from: text).map { Timestamp(milliseconds: Int64($0.timeIntervalSince1970) * 1000) }
    }
}

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
