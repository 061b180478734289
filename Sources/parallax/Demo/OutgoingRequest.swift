import Foundation
import ParallaxCore

/// One request that the demonstration sends.
struct OutgoingRequest: Equatable, Sendable {
    /// When it is due, since the run began; `nil` for as soon as there is room.
    let due: Duration?
    let identity: Identity
    let cost: Int

    /// The body of `POST /v1/check`.
    func makeBody() -> Data {
        let body = Body(organization: identity.organization, identifier: identity.identifier, cost: cost)
        // Strings and a number always encode.
        return try! JSONEncoder().encode(body)
    }

    private struct Body: Encodable {
        let organization: String
        let identifier: String
        let cost: Int
    }
}
