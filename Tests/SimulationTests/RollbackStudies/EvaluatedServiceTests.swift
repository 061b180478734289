import ParallaxCore
import Testing

@testable import Simulation

@Suite struct EvaluatedServiceTests {
    private func watched(_ service: ModelledService, seed: UInt64 = 1) throws -> EvaluatedService {
        var watched = try EvaluatedService(
            service, ModelledSeconds(service, seed: seed), settings: RollbackSettings())
        watched.learn()
        return watched
    }

    @Test("requests come at their rate, and fail, find no Redis and are probed as often as they should")
    func seconds() {
        let service = ModelledService(requestsPerSecond: 8, errorPercent: 25)
        var seconds = ModelledSeconds(service, seed: 5)
        let condition = CandidateCondition(redisSuccessPercent: 50)
        var (tally, goodProbes) = (AttemptTally(), 0)
        for second in Int64(0)..<20_000 {
            let drawn = seconds.next(atSecond: second, condition, strategy: .hybrid)
            tally.add(drawn.attempts)
            goodProbes += drawn.isProbeGood ? 1 : 0
            #expect(drawn.waits.count == 0)
        }
        // Means of 60,000, 20,000 and 80,000 with deviations of their roots.
        #expect(abs(tally.decided - 60_000) < 1_300)
        #expect(abs(tally.errors - 20_000) < 750)
        #expect(abs(tally.outages - 80_000) < 1_500)
        #expect(abs(goodProbes - 10_000) < 400)
    }

    @Test("the same seed gives the same seconds, and another others")
    func deterministic() {
        let service = ModelledService(
            requestsPerSecond: 3, errorPercent: 5, rateSwing: 0.5,
            latency: LatencyShape(medianMilliseconds: 10, spread: 1), latencySwing: 0.2)
        func draw(seed: UInt64) -> [ModelledSecond] {
            var seconds = ModelledSeconds(service, seed: seed)
            return (0..<200).map { seconds.next(atSecond: $0 * 600, .healthy, strategy: .hybrid) }
        }
        #expect(draw(seed: 1) == draw(seed: 1))
        #expect(draw(seed: 1) != draw(seed: 2))
    }

    @Test("in legacy nothing is attempted, and callers wait as without the candidate")
    func legacy() throws {
        let service = ModelledService(
            requestsPerSecond: 50, latency: LatencyShape(medianMilliseconds: 10, spread: 0.1))
        var seconds = ModelledSeconds(service, seed: 6)
        var waits = LatencyHistogram()
        let slow = CandidateCondition(latencyFactor: 8)
        for second in Int64(0)..<200 {
            let drawn = seconds.next(atSecond: second, slow, strategy: .legacy)
            #expect(drawn.attempts == AttemptTally())
            waits.add(drawn.waits)
        }
        #expect(abs(try #require(waits.quantile(0.5)) / .milliseconds(10) - 1) < 0.06)
    }

    @Test("a baseline is learned before the candidate comes into play")
    func learns() throws {
        let service = ModelledService(
            requestsPerSecond: 5, latency: LatencyShape(medianMilliseconds: 10, spread: 1))
        let watched = try watched(service)
        #expect(watched.strategy == .hybrid)
        // 5,000 samples at five a second.
        #expect((900...1_100).contains(watched.second))
        #expect(try self.watched(ModelledService(requestsPerSecond: 5)).second == 0)
    }

    @Test("after a rollback an operator is back within ten minutes, and the hold-off keeps the next away")
    func comesBack() throws {
        var watched = try watched(ModelledService(requestsPerSecond: 10, errorPercent: 50))
        var rollbacks: [Int64] = []
        while rollbacks.count < 2 && watched.second < 10_000 {
            if watched.step(.healthy) != nil { rollbacks.append(watched.second) }
        }
        #expect(rollbacks.count == 2)
        // Ten minutes away, and fifteen more held off.
        #expect((1_500...1_520).contains(rollbacks[1] - rollbacks[0]))
        #expect(watched.strategy == .legacy)
        #expect(watched.evaluator.latch.isLatched)
    }

    @Test("a dry run is ignored: what would have rolled back is what is asked")
    func dryRun() throws {
        var settings = RollbackSettings()
        settings.dryRun = Set(Trigger.allCases)
        let service = ModelledService(requestsPerSecond: 10, errorPercent: 50)
        let study = DetectionStudy(service, CandidateCondition(errorPercent: 100))
        var watched = try EvaluatedService(service, ModelledSeconds(service, seed: 1), settings: settings)
        #expect((0..<200).contains { _ in watched.step(.healthy) != nil })
        #expect(study.barSeconds == nil)
    }
}
