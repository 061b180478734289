import Logging
import ParallaxCore
import ServiceLifecycle
import Synchronization
import Testing

@testable import ParallaxService

/// A clock on which every sleep is over at once and moves the time on.
private struct EagerClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    let surroundings: RollbackWorld.Surroundings

    var now: Instant { Instant(offset: .milliseconds(surroundings.state.withLock(\.milliseconds))) }
    var minimumResolution: Duration { .milliseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        // Whatever runs next to the loop gets its turn before the next second.
        for _ in 0..<20 { await Task.yield() }
        surroundings.state.withLock { $0.milliseconds = Int64(deadline.offset / .milliseconds(1)) }
    }
}

@Suite struct RollbackServiceRunTests {
    @Test(
        "run watches, flips though the record hangs, and writes all it holds before it ends on a graceful shutdown",
        arguments: [false, true])
    func run(recordHangs: Bool) async throws {
        let (gate, opened) = AsyncStream<Void>.makeStream()
        let world = try RollbackWorld(record: MemoryRecord(gate: recordHangs ? gate : nil))
        let surroundings = world.surroundings
        let (flips, flipped) = AsyncStream<String>.makeStream()
        let service = try RollbackService(
            observer: world.observer, flags: { surroundings.state.withLock(\.flags) }, probe: { false },
            flipToLegacy: { _, reason, _ in
                flipped.yield(reason)
                return surroundings.state.withLock { state in
                    let before = state.flags
                    state.flags.distributedEnabled = false
                    return LegacyFlip(before: before, after: state.flags)
                }
            }, record: world.record, logger: world.log.logger, clock: EagerClock(surroundings: surroundings),
            now: world.service.now)
        let group = ServiceGroup(services: [service], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            for await reason in flips {
                #expect(reason.hasPrefix("no good run of Redis for 1"))
                break
            }
            opened.finish()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(world.record.rollbacks.count == 1)
        #expect(world.record.latch.isLatched)
        #expect(service.health.unrecorded == 0)
        #expect(service.health.isRestored)
    }

    @Test("the machine's clocks go on and show a time of this century")
    func clocks() async throws {
        let now = ClockReading.makeReader()
        let first = now()
        #expect((0..<60_000).contains(first.steadyMilliseconds))
        #expect(first.wall > Timestamp(milliseconds: 1_700_000_000_000))
        #expect(now().steadyMilliseconds >= first.steadyMilliseconds)
    }
}
