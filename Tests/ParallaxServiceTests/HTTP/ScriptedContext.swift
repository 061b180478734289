@testable import Settings
import Hummingbird

@testable import ParallaxService

/// A context whose peer a test chooses: the test router has no connection.
struct ScriptedContext: PeerContext {
    @TaskLocal static var scriptedPeer: IPAddress? = IPAddress("192.0.2.1")

    var coreContext: CoreRequestContextStorage
    let peer: IPAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        peer = Self.scriptedPeer
    }
}
