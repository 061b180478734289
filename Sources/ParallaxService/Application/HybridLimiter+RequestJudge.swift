package import ParallaxCore

extension HybridLimiter: RequestJudge {
    package func judge(_ request: CheckRequest) async -> Answer { await check(request) }
}
