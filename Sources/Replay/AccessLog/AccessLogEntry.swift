package import ParallaxCore

/// One request of an access log.
package struct AccessLogEntry: Equatable, Sendable {
    /// The client's address, or its name if the server looked it up.
    package let client: String
    /// The user that the server authenticated; `nil` if it named none.
    package let user: String?
    /// The server's stamp, to the millisecond if it has a fraction.
    package let time: Timestamp
    /// The request as it stands between the quotes, the server's own escapes included; empty in JSON.
    package let request: String
    /// The status of the answer; `nil` if the server wrote none.
    package let status: Int?

    package init(client: String, user: String? = nil, time: Timestamp, request: String, status: Int?) {
        self.client = client
        self.user = user
        self.time = time
        self.request = request
        self.status = status
    }
}
