package import ParallaxCore

/// One request of an access log.
package struct AccessLogEntry: Equatable, Sendable {
    /// The line's first field: the client's address, or its name where the server looked it up.
    package let client: String
    /// The server's stamp, to the second.
    package let time: Timestamp
    /// The request as it stands between the quotes, the server's own escapes included.
    package let request: String
    /// The status of the answer; `nil` where the server wrote none.
    package let status: Int?

    package init(client: String, time: Timestamp, request: String, status: Int?) {
        self.client = client
        self.time = time
        self.request = request
        self.status = status
    }
}
