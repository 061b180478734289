package import Foundation
package import ServiceLifecycle

/// Ends when standard input closes, and with it the group of services that it belongs to.
///
/// A parent that holds the other end of the pipe need not do anything for it: the pipe closes when the parent ends, even
/// when it is killed.
package struct StandardInputWatch: Service {
    private let descriptor: Int32

    package init(descriptor: Int32 = STDIN_FILENO) {
        self.descriptor = descriptor
    }

    package func run() async {
        let (stream, end) = AsyncStream<Void>.makeStream()
        // Reading waits for as long as the parent lives: not on a thread that others need.
        let thread = Thread { [descriptor] in
            var byte: UInt8 = 0
            while true {
                let count = read(descriptor, &byte, 1)
                guard count > 0 || count < 0 && errno == EINTR else { break }
            }
            end.finish()
        }
        thread.start()
        for await _ in stream.cancelOnGracefulShutdown() {}
    }
}
