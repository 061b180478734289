package import ParallaxCore

/// Whoever answers checks: the hybrid limiter, or a scripted one in tests.
package protocol RequestJudge: Sendable {
    func judge(_ request: CheckRequest) async -> Answer
}
