@testable import Settings
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import ParallaxCore
import Synchronization
import Testing

@testable import ParallaxService

/// Alerts sent over a real socket.
@Suite struct AlertPostTests {
    /// What a receiver was shown as `Authorization`, request by request.
    private final class Seen: Sendable {
        let authorizations = Mutex<[String]>([])
    }

    @Test("what opens a receiver is sent to it, a refusal is told, and a redirect is not followed")
    func sends() async throws {
        let seen = Seen()
        let router = Router()
        router.post("api/v2/alerts") { request, _ in
            seen.authorizations.withLock { $0.append(request.headers[.authorization] ?? "none") }
            return HTTPResponse.Status.ok
        }
        router.post("moved") { _, _ in
            Response(status: .temporaryRedirect, headers: [.location: "/api/v2/alerts"])
        }
        let app = Application(
            router: router, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await app.test(.live) { client in
            let port = client.port ?? 0
            let known = try AlertReceiver(SecretText("http://ann:p%40ss@localhost:\(port)"), token: nil)
            _ = try await AlertPost.send(Data("[]".utf8), known)
            let moved = try AlertReceiver(SecretText("http://ann:p%40ss@localhost:\(port)/moved"), token: nil)
            await #expect(throws: AlertSendError.refused(status: 307)) {
                _ = try await AlertPost.send(Data("[]".utf8), moved)
            }
        }
        #expect(seen.authorizations.withLock { $0 } == ["Basic YW5uOnBAc3M="])
    }

    @Test("the time of an answer is read from its header, and other text is not a time")
    func time() {
        #expect(AlertPost.time("Sun, 06 Nov 1994 08:49:37 GMT") == Timestamp(milliseconds: 784_111_777_000))
        #expect(AlertPost.time("yesterday") == nil)
    }
}
