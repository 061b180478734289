import ParallaxCore
import Testing

@Suite struct AdmissionTests {
    @Test("whether a request is admitted is what the whole decision says", arguments: LimiterAlgorithm.allCases)
    func same(algorithm: LimiterAlgorithm) throws {
        let policy = try Policy(windows: [
            Window(name: "short", limit: 4, durationMilliseconds: 100),
            Window(name: "long", limit: 9, durationMilliseconds: 1000),
        ])
        let (judging, admitting) = (InMemoryLimiter(algorithm: algorithm), InMemoryLimiter(algorithm: algorithm))
        var state: UInt64 = 1
        func draw(_ bound: UInt64) -> Int64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int64((state >> 33) % bound)
        }
        var now: Int64 = 1_700_000_000_000
        var admitted = 0
        for _ in 0..<5000 {
            // Also back in time now and then, and looks that cost nothing.
            now += draw(60) - 5
            let identity = try Identity(identifier: "\(draw(3))")
            let request = try CheckRequest(identity: identity, policy: policy, cost: Int(draw(4)))
            let time = Timestamp(milliseconds: now)
            let isAdmitted = admitting.admits(request, at: time)
            #expect(isAdmitted == judging.judge(request, at: time).isAllowed)
            if isAdmitted { admitted += 1 }
        }
        #expect(admitted > 500 && admitted < 4500)
        #expect(admitting.occupancy == judging.occupancy)
    }
}
