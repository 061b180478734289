import Foundation
import ParallaxCore
import Testing

@Suite struct RollbackLatchTests {
    private let settings = RollbackSettings()

    private func evaluation(at seconds: Double) -> Evaluation {
        Evaluation(
            trigger: .errorRate, time: ClockReading.at(seconds).wall, state: .firing, sentence: "too many errors")
    }

    private func acknowledgement(at seconds: Double) throws -> Acknowledgement {
        try Acknowledgement(validating: "Ada", reason: "Redis was resized", time: ClockReading.at(seconds).wall)
    }

    private func state(_ latch: RollbackLatch, at seconds: Double) -> RollbackLatch.State {
        latch.state(at: ClockReading.at(seconds).wall, settings: settings)
    }

    @Test("it holds until it is cleared")
    func holds() {
        var latch = RollbackLatch()
        #expect(state(latch, at: 0) == .armed)
        latch.fire(evaluation(at: 10))
        guard case .latched(let firing) = state(latch, at: 1e7) else {
            Issue.record("it let go")
            return
        }
        #expect(firing.sentence == "too many errors")
    }

    @Test("the next rollback may come 15 minutes after it was cleared, and not earlier")
    func holdOff() throws {
        var latch = RollbackLatch()
        latch.fire(evaluation(at: 10))
        try latch.acknowledge(acknowledgement(at: 100))
        #expect(state(latch, at: 999.999) == .holdingOff(until: ClockReading.at(1_000).wall))
        #expect(state(latch, at: 1_000) == .armed)
    }

    @Test(
        "a second rollback within 24 h doubles the wait, and a later one does not",
        arguments: [(86_400.0, 1_800.0), (86_400.001, 900.0)])
    func doubling(distance: Double, wait: Double) throws {
        var latch = RollbackLatch()
        latch.fire(evaluation(at: 0))
        try latch.acknowledge(acknowledgement(at: 1))
        latch.fire(evaluation(at: distance))
        try latch.acknowledge(acknowledgement(at: distance + 1))
        #expect(state(latch, at: distance + 1) == .holdingOff(until: ClockReading.at(distance + 1 + wait).wall))
    }

    @Test("a wall clock that is set back holds nothing off for long")
    func clockSetBack() throws {
        var latch = RollbackLatch()
        latch.fire(evaluation(at: 0))
        try latch.acknowledge(acknowledgement(at: 86_400))
        #expect(state(latch, at: 0) == .armed)
    }

    @Test("there is nothing to clear before a rollback, nor twice")
    func nothingToClear() throws {
        var latch = RollbackLatch()
        #expect(throws: RollbackLatchError.notLatched) { try latch.acknowledge(acknowledgement(at: 0)) }
        latch.fire(evaluation(at: 0))
        try latch.acknowledge(acknowledgement(at: 1))
        #expect(throws: RollbackLatchError.notLatched) { try latch.acknowledge(acknowledgement(at: 2)) }
    }

    @Test(
        "a name and a reason are one line of text each",
        arguments: [
            ("", "why", RollbackLatchError.empty(part: "name")), ("Ada", " \t ", .empty(part: "reason")),
            ("Ada\nroot", "why", .controlCharacters(part: "name")),
            ("Ada", "a\u{2028}b", .controlCharacters(part: "reason")),
            ("Ada", "\u{1b}[2J", .controlCharacters(part: "reason")),
            (String(repeating: "é", count: 501), "why", .tooLong(part: "name", bytes: 1_002)),
        ])
    func validation(by: String, reason: String, error: RollbackLatchError) {
        #expect(throws: error) {
            try Acknowledgement(validating: by, reason: reason, time: Timestamp(milliseconds: 0))
        }
        #expect(!error.description.isEmpty)
    }

    @Test("it survives a restart as JSON, latched and cleared")
    func coding() throws {
        var latch = RollbackLatch()
        latch.fire(evaluation(at: 0))
        try latch.acknowledge(acknowledgement(at: 1))
        latch.fire(evaluation(at: 2_000))
        var cleared = latch
        try cleared.acknowledge(acknowledgement(at: 2_001))
        for latch in [RollbackLatch(), latch, cleared] {
            let data = try JSONEncoder().encode(latch)
            #expect(try JSONDecoder().decode(RollbackLatch.self, from: data) == latch)
        }
    }

    @Test("a hold is kept with the latch, stays this instance's own, and ends with the acknowledgement")
    func hold() throws {
        let hold = FlagHold(values: .defaultValue, declaredAt: nil)
        var latch = RollbackLatch()
        latch.fire(evaluation(at: 10), hold: hold)
        let stored = try JSONDecoder().decode(RollbackLatch.self, from: JSONEncoder().encode(latch))
        #expect(stored == latch && stored.hold == hold)
        #expect(latch.withoutHold.hold == nil && latch.withoutHold.isLatched)
        // Another instance rolled back later: the hold here is still needed.
        var shared = RollbackLatch()
        shared.fire(evaluation(at: 20))
        #expect(latch.merged(with: shared).hold == hold)
        try shared.acknowledge(acknowledgement(at: 30))
        #expect(latch.merged(with: shared).hold == nil)
        latch.fire(evaluation(at: 40))
        #expect(latch.hold == nil)
    }

    @Test("a latch that an earlier version stored is read")
    func stored() throws {
        var latch = RollbackLatch()
        latch.fire(evaluation(at: 10))
        let text = String(decoding: try JSONEncoder().encode(latch), as: UTF8.self)
        #expect(!text.contains("hold"))
        #expect(try JSONDecoder().decode(RollbackLatch.self, from: Data(text.utf8)) == latch)
    }
}
