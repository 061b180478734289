import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// An answer with a value as its body, for routes where the time of Foundation's encoder does not matter.
    init(json value: some Encodable, status: HTTPResponse.Status = .ok) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = ByteBuffer(bytes: try encoder.encode(value))
        self.init(status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: body))
    }

    /// `{"error": {"code", "message"}}` with the status that goes with it.
    init(_ error: RequestError) {
        self.init(status: error.status, headers: error.headers, body: ResponseBody(byteBuffer: error.body))
    }
}
