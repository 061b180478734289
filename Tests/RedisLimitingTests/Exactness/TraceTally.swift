import ParallaxCore
import ParallaxTesting

/// What random traces have come upon.
struct TraceTally: Sendable, CustomStringConvertible {
    private(set) var decisions = 0
    private var counts: [Trait: Int] = [:]

    enum Trait: CaseIterable {
        case allowed, limited, looks, higherCosts, wholeLimits, equalTimes, stepsBack, clockSteps, idleTimes
        case changedPolicies, loweredLimits, raisedLimits, overdrawnWindows, severalWindows
    }

    /// How often what was come upon least was.
    var rarest: Int { Trait.allCases.map { counts[$0] ?? 0 }.min()! }

    var description: String {
        Trait.allCases.map { "\($0) \(counts[$0] ?? 0)" }.joined(separator: ", ")
    }

    mutating func note(
        _ question: RandomTrace.Question, _ decision: Decision, policyBefore: Policy, timeBefore: Timestamp
    ) {
        let request = question.request
        let gap = question.now - timeBefore
        decisions += 1
        note(decision.isAllowed ? .allowed : .limited, true)
        note(.looks, request.cost == 0)
        note(.higherCosts, request.cost > 1)
        note(.wholeLimits, request.cost == request.policy.smallestLimit)
        note(.equalTimes, gap == 0)
        note(.stepsBack, gap < 0)
        note(.clockSteps, decision.stepBackMilliseconds > Clocks.stepMilliseconds)
        note(.idleTimes, gap > request.policy.longestDurationMilliseconds)
        note(.changedPolicies, request.policy != policyBefore)
        note(.severalWindows, request.policy.windows.count > 1)
        note(.overdrawnWindows, decision.windows.contains { $0.used > $0.window.limit })
        noteLimits(request.policy.smallestLimit, before: policyBefore.smallestLimit)
    }

    mutating func add(_ other: TraceTally) {
        decisions += other.decisions
        counts.merge(other.counts) { $0 + $1 }
    }

    private mutating func noteLimits(_ limit: Int, before: Int) {
        note(.loweredLimits, limit < before)
        note(.raisedLimits, limit > before)
    }

    private mutating func note(_ trait: Trait, _ holds: Bool) {
        if holds { counts[trait, default: 0] += 1 }
    }
}
