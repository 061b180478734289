import ParallaxCore
import Testing

/// Decisions that Redis answers speak against probes that fail.
@Suite struct AnsweredDecisionsTests {
    /// Drives an evaluator second by second, in `hybrid`, from a good run on.
    private struct Drive {
        var evaluator: RollbackEvaluator
        var second = 0
        var rollbacks: [Int] = []

        init(_ settings: RollbackSettings = RollbackSettings()) throws {
            evaluator = try RollbackEvaluator(settings: settings)
            run(seconds: 100, probes: true, AttemptTally(decided: 10))
        }

        mutating func run(seconds: Int, probes: Bool, _ attempts: AttemptTally) {
            for _ in 0..<seconds {
                second += 1
                let now = ClockReading.at(Double(second))
                evaluator.probe(success: probes, at: now)
                evaluator.count(attempts, at: now)
                guard second % 10 == 0 || evaluator.isOverdue(at: now) else { continue }
                for case .rollBack in evaluator.evaluate(at: now, strategy: .hybrid).actions {
                    rollbacks.append(second)
                }
            }
        }

        var redisDown: Evaluation { evaluator.evaluations[0] }
    }

    @Test(
        "a probe that fails for ever while decisions are answered rolls nothing back, and is held back after the limit")
    func answered() throws {
        var drive = try Drive()
        drive.run(seconds: 110, probes: false, AttemptTally(decided: 10))
        #expect(drive.redisDown.state == .suspect)
        #expect(!drive.redisDown.isHeldBack)
        drive.run(seconds: 3_000, probes: false, AttemptTally(decided: 10))
        #expect(drive.rollbacks.isEmpty)
        #expect(drive.redisDown.state == .suspect)
        #expect(drive.redisDown.isHeldBack)
        #expect(
            drive.redisDown.sentence
                == "3,110 of 3,110 probes failed, but Redis answered 600 of 600 decisions within 60 s, so it is not "
                + "down: look at what the probe needs")
        drive.run(seconds: 10, probes: true, AttemptTally(decided: 10))
        #expect(drive.redisDown.state == .ok)
        // The time in which decisions were answered is not an outage.
        #expect(drive.redisDown.numbers["downInWindowSeconds"] == 0)
    }

    @Test("outages that only together are too long are held back as well while decisions are answered")
    func repeated() throws {
        var drive = try Drive()
        for _ in 0..<2 {
            drive.run(seconds: 50, probes: false, AttemptTally(outages: 10))
            drive.run(seconds: 10, probes: true, AttemptTally(decided: 10))
        }
        drive.run(seconds: 20, probes: false, AttemptTally(decided: 10))
        #expect(!drive.redisDown.isHeldBack)
        drive.run(seconds: 10, probes: false, AttemptTally(decided: 10))
        #expect(drive.rollbacks.isEmpty)
        #expect(drive.redisDown.state == .suspect)
        #expect(drive.redisDown.isHeldBack)
        // A limit above what it was holds nothing back.
        let changes = RollbackSettings.Changes.with { $0.redisDownSeconds = 300 }
        guard let rejudged = drive.redisDown.rejudged(with: changes) else {
            Issue.record("its figures are not enough")
            return
        }
        #expect(!rejudged.isHeldBack)
    }

    @Test("a Redis that stops to answer decisions as well is down from then on")
    func stops() throws {
        var drive = try Drive()
        drive.run(seconds: 1_000, probes: false, AttemptTally(decided: 10))
        drive.run(seconds: 130, probes: false, AttemptTally(outages: 10))
        #expect(drive.rollbacks.first.map { (1_221...1_226).contains($0) } == true)
    }

    @Test("an outage in which no decision was asked for counts, although decisions are answered once it is over")
    func unasked() throws {
        var drive = try Drive()
        drive.run(seconds: 100, probes: false, AttemptTally())
        drive.run(seconds: 10, probes: true, AttemptTally(decided: 10))
        #expect(drive.redisDown.numbers["downInWindowSeconds"] == 100)
        #expect(drive.redisDown.numbers["outagesInWindow"] == 1)
        // The next one adds to it.
        drive.run(seconds: 25, probes: false, AttemptTally())
        #expect(drive.rollbacks.count == 1)
    }

    @Test("without decisions probes decide by themselves, counted from the last that was answered")
    func idle() throws {
        var drive = try Drive()
        drive.run(seconds: 200, probes: false, AttemptTally())
        #expect(drive.rollbacks.first == 222)
        var other = try Drive()
        other.run(seconds: 100, probes: false, AttemptTally(decided: 10))
        other.run(seconds: 200, probes: false, AttemptTally())
        #expect(other.rollbacks.first == 321)
    }

    @Test("decisions from before the first failed probe say nothing of the time after it")
    func before() throws {
        var drive = try Drive()
        drive.run(seconds: 1, probes: false, AttemptTally(decided: 10))
        drive.run(seconds: 200, probes: false, AttemptTally(outages: 10))
        #expect(drive.rollbacks.first == 222)
    }

    @Test("decisions of which more than a twentieth fail are not evidence", arguments: [(19, 1, false), (18, 2, true)])
    func share(decided: Int, failed: Int, rollsBack: Bool) throws {
        var drive = try Drive()
        drive.run(seconds: 300, probes: false, AttemptTally(decided: decided, outages: failed))
        #expect(drive.rollbacks.isEmpty != rollsBack)
    }

    @Test("while decisions are answered, those that fail are errors")
    func ownership() throws {
        var drive = try Drive()
        drive.run(seconds: 100, probes: false, AttemptTally(decided: 96, outages: 4))
        #expect(drive.evaluator.evaluations[1].numbers["outages"].map { $0 <= 8 } == true)
        #expect(drive.evaluator.evaluations[1].numbers["errors"].map { $0 >= 392 } == true)
    }
}
