package import Settings
package import Hummingbird
import NIOCore

/// A request's context that knows the address of its peer.
package protocol DoorContext: RequestContext {
    /// The address at the other end; `nil` if it is not an internet address.
    var peer: IPAddress? { get }
}

/// The context of requests that come over a socket.
package struct SocketContext: DoorContext {
    package var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    package var peer: IPAddress? { channel.remoteAddress.flatMap { IPAddress($0) } }
}
