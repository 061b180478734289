import DivergenceStore
import ParallaxCore

/// One divergence as JSON. Times are milliseconds since the Unix epoch.
struct DivergenceDocument: Encodable {
    struct Verdict: Encodable {
        struct Window: Encodable {
            let name: String
            let limit: Int
            let durationMilliseconds: Int64
            let used: Int
        }

        let allowed: Bool
        let limitedBy: String?
        let retryAfterMilliseconds: Int64
        let judgedAt: Timestamp?
        let durationMicroseconds: Int64
        let windows: [Window]

        init(_ verdict: StoredDivergence.Verdict) {
            allowed = verdict.isAllowed
            limitedBy = verdict.limitedBy
            retryAfterMilliseconds = verdict.retryAfterMilliseconds
            judgedAt = verdict.judgedAt
            durationMicroseconds = verdict.durationMicroseconds
            windows = verdict.windows.map {
                Window(
                    name: $0.window.name, limit: $0.window.limit,
                    durationMilliseconds: $0.window.durationMilliseconds, used: $0.used)
            }
        }
    }

    struct Evidence: Encodable {
        let ownUnits: [Int]
        let clockOffsetMilliseconds: Int64?
        let controlRemembersSince: Timestamp?
        let controlEvictedAt: Timestamp?
        let controlAlgorithm: String
        let hasOtherPolicy: Bool
    }

    let time: Timestamp
    let instance: String
    let organization: String
    let identifier: String
    let cost: Int
    let kind: String
    let cause: String
    let enforced: String
    let control: Verdict
    let candidate: Verdict
    let evidence: Evidence

    init(_ divergence: StoredDivergence) {
        time = divergence.time
        instance = divergence.instance
        organization = divergence.organization
        identifier = divergence.identifier
        cost = divergence.cost
        kind = divergence.kind.rawValue
        cause = divergence.cause.rawValue
        enforced = divergence.enforced.rawValue
        control = Verdict(divergence.control)
        candidate = Verdict(divergence.candidate)
        let known = divergence.evidence
        evidence = Evidence(
            ownUnits: known.ownUnits, clockOffsetMilliseconds: known.clockOffsetMilliseconds,
            controlRemembersSince: known.controlRemembersSince, controlEvictedAt: known.controlEvictedAt,
            controlAlgorithm: known.controlAlgorithm.rawValue,
            hasOtherPolicy: known.controlPolicyFingerprint.map { $0 != divergence.policyFingerprint } ?? false)
    }
}
