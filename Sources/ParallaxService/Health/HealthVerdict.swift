import Settings
import ParallaxCore

/// What follows from a snapshot: the status, compliance, and whether to send traffic here.
struct HealthVerdict: Equatable, Sendable {
    enum Status: String, Encodable, Sendable {
        case healthy
        /// Requests are answered as they should be, and something needs a person's eye.
        case degraded
        /// Requests are not answered as they should be.
        case unhealthy
    }

    let status: Status
    /// Why it is not healthy, as short sentences.
    let reasons: [String]
    /// Whether limits are shared, kept in Redis alone, and closed when Redis fails (P0-13b).
    let isCompliant: Bool
    /// Why no traffic should come here yet; empty where it may.
    let unreadiness: [String]

    var isReady: Bool { unreadiness.isEmpty }

    init(_ snapshot: HealthSnapshot) {
        let failures = Self.failures(snapshot)
        let worries = Self.worries(snapshot)
        status = !failures.isEmpty ? .unhealthy : worries.isEmpty ? .healthy : .degraded
        reasons = failures + worries
        let isShared = snapshot.strategy == .distributedOnly && !snapshot.redis.isEmbedded
        isCompliant = isShared && snapshot.failsClosed && snapshot.redis.state == .healthy
        unreadiness = Self.unreadiness(snapshot)
    }

    private static func failures(_ snapshot: HealthSnapshot) -> [String] {
        var failures: [String] = []
        if !snapshot.flags.isLoaded { failures.append("no valid flags were read yet") }
        if snapshot.isShut {
            failures.append("Redis does not answer, so that every check is answered with 503")
        } else if let count = snapshot.alerts?.unansweredRun, snapshot.failsClosed {
            failures.append("the last \(count) checks were answered with 503")
        }
        return failures
    }

    private static func worries(_ snapshot: HealthSnapshot) -> [String] {
        var worries: [String] = []
        if snapshot.redis.state != .healthy, snapshot.strategy != .legacy, !snapshot.isShut {
            let problem = snapshot.redis.problem.map { " (\($0))" } ?? ""
            worries.append(
                snapshot.redis.isDeciding
                    ? "the probe of Redis fails\(problem), while checks are answered"
                    : "Redis is \(snapshot.redis.state.rawValue)")
        }
        if snapshot.strategy != .legacy {
            worries += snapshot.redis.concerns.filter(\.isUrgent).map(\.sentence)
            if snapshot.redis.state == .healthy, let problem = snapshot.redis.resetsProblem {
                worries.append("resets at other instances do not reach this one's memory (\(problem))")
            }
        }
        if let count = snapshot.alerts?.unansweredRun, !snapshot.failsClosed {
            worries.append("the last \(count) checks passed without a verdict")
        }
        if snapshot.flags.isHeldAtLegacy {
            worries.append("a rollback is not in the flag file and holds this instance only at legacy")
        } else if snapshot.flags.isLoaded, snapshot.flags.problem != nil {
            worries.append("the flag file cannot be used; the last good flags are in force")
        }
        if snapshot.flags.isLoaded, snapshot.flags.writeProblem != nil {
            worries.append("the flag file cannot be written: a rollback would hold this instance only")
        }
        if snapshot.recorder.problem != nil { worries.append("comparisons cannot be written") }
        for baseline in snapshot.baselines where baseline.state.stage == .stale {
            worries.append(
                "the \(baseline.source.rawValue)'s baseline of response times is too old; run in legacy to learn a new one"
            )
        }
        for baseline in snapshot.baselines where !baseline.isPlausible {
            worries.append(
                "the \(baseline.source.rawValue)'s baseline of response times was learned while something else was slow; "
                    + "parallax rollback baseline forget")
        }
        for reading in snapshot.triggers where reading.isLatched || reading.state == .firing {
            let state = reading.isLatched ? "fired and waits to be acknowledged" : "is firing"
            worries.append("trigger \(reading.trigger.rawValue) \(state)")
        }
        for reading in snapshot.triggers where reading.isHeldBack {
            worries.append("trigger \(reading.trigger.rawValue) would fire, and going back would not help")
        }
        if snapshot.strategy != .legacy, let gap = snapshot.latch.gap(\.textInHealth) {
            worries.append("at \(snapshot.strategy.rawValue), and \(gap)")
        }
        if snapshot.drill?.state == .interrupted {
            worries.append(
                "a drill was interrupted and the flags cannot be put back: parallax rollback drill --restore")
        }
        if snapshot.alerts?.problem != nil { worries.append("alerts cannot be delivered") }
        return worries
    }

    /// An instance that was ready stays so when Redis fails: all instances share it, and a fleet taken out of the load
    /// balancer answers with refused connections where it would have answered 503 with Retry-After.
    private static func unreadiness(_ snapshot: HealthSnapshot) -> [String] {
        var reasons: [String] = []
        if snapshot.isShuttingDown { reasons.append("the instance is shutting down") }
        if !snapshot.flags.isLoaded { reasons.append("no valid flags were read yet") }
        if snapshot.isShut, !snapshot.redis.hasAnswered { reasons.append("Redis has not answered since the start") }
        return reasons
    }
}

extension HealthSnapshot {
    /// Whether requests are refused while Redis cannot answer.
    var failsClosed: Bool { environment == .production || !flags.values.failOpen }

    /// Whether every check is answered with 503.
    fileprivate var isShut: Bool {
        strategy == .distributedOnly && failsClosed && redis.state != .healthy && !redis.isDeciding
    }
}
