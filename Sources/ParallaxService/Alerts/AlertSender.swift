package import Settings
import AsyncHTTPClient
package import Foundation
import NIOCore
import NIOHTTP1
package import ParallaxCore

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
    private static let patience: TimeAmount = .seconds(5)

    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        // A token is for the receiver that the settings name, and for no address that it redirects to.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = patience
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
            response = try await client.execute(request, timeout: patience)
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
