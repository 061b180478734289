package import Hummingbird
package import HummingbirdCore
import NIOCore

extension HTTPServerBuilder {
    /// HTTP/1.1 within bounds: headers of a few kilobytes, and connections on which nothing happens are closed.
    package static var bounded: HTTPServerBuilder {
        .http1(
            configuration: HTTP1Channel.Configuration(
                idleTimeout: .seconds(75),
                httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                    maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 128)))
    }
}

extension ApplicationConfiguration {
    /// Where the service listens.
    package init(_ settings: Settings.HTTP) {
        self.init(
            address: .hostname(settings.host, port: settings.port), serverName: "parallax", backlog: 1024)
    }
}
