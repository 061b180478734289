import CommandSupport
import Foundation
import Logging
import ServiceLifecycle
import Testing

@testable import parallax

@Suite struct StandardInputMonitorTests {
    @Test("the watch ends when the other end of the pipe closes, whatever was written before")
    func closes() async throws {
        let pipe = Pipe()
        let watch = StandardInputMonitor(descriptor: pipe.fileHandleForReading.fileDescriptor)
        async let ended: Void = watch.run()
        try pipe.fileHandleForWriting.write(contentsOf: Data("still here\n".utf8))
        try pipe.fileHandleForWriting.close()
        await ended
    }

    @Test("the watch keeps no group of services from shutting down")
    func shutsDown() async throws {
        let pipe = Pipe()
        let watch = StandardInputMonitor(descriptor: pipe.fileHandleForReading.fileDescriptor)
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: watch)], logger: Logger(label: "test")))
        async let ended: Void = group.run()
        await group.triggerGracefulShutdown()
        try await ended
        try pipe.fileHandleForWriting.close()
    }
}
