import Logging
import RedisLimiting
import Testing

@testable import ParallaxService

@Suite struct ProbeLogTests {
    private let log = ProbeLog(
        goodRunProbes: 4, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    private let refused = Result<Duration, RedisError>.failure(RedisError(.unauthorized, "no right to the probe's key"))

    @Test("after a failure Redis is good again with as many good probes in a row as the trigger asks for")
    func goodRun() {
        for outcome in [true, false, true, true, false, true, true, true] {
            _ = log.record(outcome ? .success(.milliseconds(1)) : refused)
        }
        #expect(log.latest.isGood == false && log.latest.downFor != nil)
        _ = log.record(.success(.milliseconds(1)))
        #expect(log.latest.isGood == true && log.latest.downFor == nil)
    }

    @Test("decisions that are made while the probe fails are evidence against it")
    func deciding() {
        _ = log.record(.success(.milliseconds(1)), decisions: .init(made: 10))
        _ = log.record(refused, decisions: .init(made: 20))
        #expect(log.latest.isDeciding && log.latest.problem?.code == .unauthorized)
        // Without traffic nothing speaks against it either.
        _ = log.record(refused, decisions: .init(made: 20))
        #expect(log.latest.isDeciding)
    }

    @Test("a probe that was given up is not a line in the log, and one that failed is")
    func givenUp() {
        let captured = CapturedLog()
        let log = ProbeLog(goodRunProbes: 3, logger: captured.logger)
        _ = log.record(.failure(RedisError(.cancelled, "the caller gave up")))
        #expect(captured.lines.isEmpty)
        _ = log.record(refused)
        #expect(captured.lines.map(\.message) == ["the probe of Redis fails"])
    }

    @Test("a decision that fails takes that evidence away, and a good probe needs none")
    func failing() {
        _ = log.record(refused, decisions: .init(made: 5))
        _ = log.record(refused, decisions: .init(made: 9, failed: 1))
        #expect(!log.latest.isDeciding)
        _ = log.record(refused, decisions: .init(made: 12, failed: 1))
        #expect(log.latest.isDeciding)
        _ = log.record(.success(.milliseconds(1)), decisions: .init(made: 12, failed: 1))
        #expect(!log.latest.isDeciding && log.latest.problem == nil)
    }
}
