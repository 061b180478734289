import GRDB
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct RetentionClockTests {
    private static let day: Int64 = 86_400_000

    @Test("a wall clock that was set ahead is not believed, until Redis's clock agrees")
    func ahead() {
        var clock = RetentionClock(reached: .sample, start: .sample + 40 * Self.day)
        #expect(clock.read(wall: .sample + 40 * Self.day, elapsed: .zero, redisOffsetMilliseconds: nil) == .sample)
        #expect(clock.newlyAheadMilliseconds == 40 * Self.day)
        let later = Timestamp.sample + 40 * Self.day + 60_000
        #expect(
            clock.read(wall: later, elapsed: .seconds(60), redisOffsetMilliseconds: -40 * Self.day) == .sample + 60_000)
        #expect(clock.newlyAheadMilliseconds == nil)
        #expect(clock.read(wall: later, elapsed: .seconds(60), redisOffsetMilliseconds: 250) == later)
    }

    @Test("a wall clock that is set ahead while the process runs is not believed")
    func stepsAhead() {
        var clock = RetentionClock(reached: .sample, start: .sample)
        #expect(
            clock.read(wall: .sample + 60_000, elapsed: .seconds(60), redisOffsetMilliseconds: nil) == .sample + 60_000)
        let wall = Timestamp.sample + 40 * Self.day
        #expect(clock.read(wall: wall, elapsed: .seconds(120), redisOffsetMilliseconds: nil) == .sample + 120_000)
    }

    @Test("a wall clock that is set back deletes nothing by the time before")
    func back() {
        var clock = RetentionClock(reached: .sample, start: .sample)
        let wall = Timestamp.sample + -2 * 3_600_000
        #expect(clock.read(wall: wall, elapsed: .seconds(60), redisOffsetMilliseconds: nil) == wall)
        #expect(clock.reached == .sample + 60_000)
    }

    @Test("a stop of minutes is believed")
    func shortStop() {
        var clock = RetentionClock(reached: .sample, start: .sample + 600_000)
        #expect(
            clock.read(wall: .sample + 660_000, elapsed: .seconds(60), redisOffsetMilliseconds: nil) == .sample
                + 660_000)
    }

    @Test("a new database believes the wall clock")
    func newDatabase() {
        var clock = RetentionClock(reached: nil, start: .sample)
        #expect(clock.read(wall: .sample, elapsed: .zero, redisOffsetMilliseconds: nil) == .sample)
        #expect(clock.newlyAheadMilliseconds == nil)
    }

    @Test("starts with a clock that is 40 days ahead delete no record, however many", arguments: [1, 3])
    func keepsRecords(starts: Int) async throws {
        try await withStore { store in
            let old = Recorder.sample(store)
            old.compared(.sample(.agreed))
            await old.flush()
            for number in 1...starts {
                let ahead = Timestamp.sample + 40 * Self.day + Int64(number)
                let recorder = Recorder.sample(store, startedAt: ahead) { $0.pruneInterval = .milliseconds(1) }
                let running = Task { try await recorder.run() }
                try await waitForPruning(store)
                running.cancel()
                try await running.value
            }
            #expect(try await store.report().agreed == 1)
        }
    }

    /// Waits until a running recorder has looked for what is too old.
    private func waitForPruning(_ store: DivergenceStore) async throws {
        let looks = { try await store.read { try Int64.fetchOne($0, sql: "SELECT reached_at FROM store") } }
        let before = try await looks()
        while try await looks() == before { await Task.yield() }
    }
}
