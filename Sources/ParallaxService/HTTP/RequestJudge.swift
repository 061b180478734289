package import ParallaxCore

/// Answers check requests. `HybridLimiter` in production; tests use a scripted one.
package protocol RequestJudge: Sendable {
    func judge(_ request: CheckRequest) async -> Answer
}
