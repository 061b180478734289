@testable import FeatureFlags
import Foundation
import Logging
import ParallaxCore
import ServiceLifecycle
import Testing

@testable import ParallaxService

@Suite struct FlagWatcherTests {
    @Test("what was found before the watcher was there is in its log")
    func saysWhatWasFound() async throws {
        try await FlagFolder.with { folder in
            let log = CapturedLog()
            let good = await folder.startedStore()
            _ = FlagWatcher(store: good, logger: log.logger)
            #expect(log.lines.isEmpty)
            try folder.write("{")
            let invalid = await folder.startedStore()
            _ = FlagWatcher(store: invalid, logger: log.logger)
            #expect(log.lines(.error).contains { $0.message.contains(folder.path) })
        }
    }

    @Test("the watcher sees changes by others until the service ends", .timeLimit(.minutes(1)))
    func watches() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore(instance: "a")
            let (events, continuation) = AsyncStream<FlagEvent>.makeStream()
            store.observe { continuation.yield($0) }
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let watcher = FlagWatcher(store: store, interval: .milliseconds(1), logger: logger)
            let group = ServiceGroup(services: [watcher], logger: logger)
            let running = Task { try await group.run() }
            var iterator = events.makeAsyncIterator()
            try folder.writeAtomically(.legacy)
            guard case .changed(let change, let effective) = await iterator.next() else {
                Issue.record("no change was seen")
                return
            }
            #expect(change.to == .legacy && effective == .legacy)
            await group.triggerGracefulShutdown()
            try await running.value
            #expect(await store.instances() == [], "it took back what it had said")
        }
    }
}
