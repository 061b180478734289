import ParallaxCore
import Testing

@Suite struct RollbackSettingsTests {
    @Test("the defaults are valid")
    func defaults() throws {
        try RollbackSettings().validate()
    }

    @Test("every setting out of its range is named, all at once")
    func ranges() throws {
        let settings = RollbackSettings.with {
            $0.redisDownSeconds = 0
            $0.redisDownWindowSeconds = 3_601
            $0.answeredPercent = 49
            $0.goodRunProbes = 0
            $0.errorRatePercent = 0
            $0.errorWindowSeconds = 3_601
            $0.errorShortWindowSeconds = 0
            $0.errorMinimum = 0
            $0.confidenceDeviations = .nan
            $0.responseTimeFactor = 1
            $0.responseTimeQuantile = 1
            $0.responseTimeMinimum = 0
            $0.responseTimeFloorMilliseconds = -1
            $0.baselineMinimumSamples = 0
            $0.baselineMinimumSeconds = -1
            $0.baselineStaleDays = 0
            $0.baselineHoldoutPercent = 50.1
            $0.holdoutMinimumSamples = 0
            $0.evaluationInterval = 0
            $0.holdOffSeconds = -1
        }
        let error = #expect(throws: RollbackSettingsError.self) { try settings.validate() }
        #expect(Set(try #require(error).problems.map(\.setting)).count == 20)
    }

    @Test("a short window that is longer than the long one is refused, and both are named")
    func windows() throws {
        let settings = RollbackSettings.with { $0.errorShortWindowSeconds = 301 }
        let error = #expect(throws: RollbackSettingsError.self) { try settings.validate() }
        let text = "errorShortWindowSeconds is 301; it must not exceed errorWindowSeconds, 300"
        #expect(try #require(error).description == text)
        #expect(throws: RollbackSettingsError.self) { try RollbackEvaluator(settings: settings) }
    }
}
