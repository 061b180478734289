import CommandSupport
import Foundation
import Logging
import ServiceLifecycle
import Testing

@testable import parallax

@Suite struct StandardInputMonitorTests {
    @Test("the monitor ends when the other end of the pipe closes, whatever was written before")
    func closes() async throws {
        let pipe = Pipe()
        let monitor = StandardInputMonitor(descriptor: pipe.fileHandleForReading.fileDescriptor)
        async let ended: Void = monitor.run()
        try pipe.fileHandleForWriting.write(contentsOf: Data("still here\n".utf8))
        try pipe.fileHandleForWriting.close()
        await ended
    }

    @Test("the monitor keeps no group of services from shutting down")
    func shutsDown() async throws {
        let pipe = Pipe()
        let monitor = StandardInputMonitor(descriptor: pipe.fileHandleForReading.fileDescriptor)
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: monitor)], logger: Logger(label: "test")))
        async let ended: Void = group.run()
        await group.triggerGracefulShutdown()
        try await ended
        try pipe.fileHandleForWriting.close()
    }
}
