import Settings
import ParallaxCore
import RedisLimiting

/// What follows from a report: the status, compliance, and whether to send traffic here.
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
    /// Whether limits are shared, kept only in Redis, and closed when Redis fails (P0-13b).
    let isCompliant: Bool
    /// Why no traffic should come here yet; empty if it may.
    let notReadyReasons: [String]

    var isReady: Bool { notReadyReasons.isEmpty }

    init(_ report: HealthReport) {
        let failures = Self.failures(report)
        let degradations = Self.degradations(report)
        status = !failures.isEmpty ? .unhealthy : degradations.isEmpty ? .healthy : .degraded
        reasons = failures + degradations
        let isShared = report.strategy == .distributedOnly && !report.redis.isEmbedded
        isCompliant = isShared && report.failsClosed && report.redis.state == .healthy
        notReadyReasons = Self.notReadyReasons(report)
    }

    private static func failures(_ report: HealthReport) -> [String] {
        var failures: [String] = []
        if !report.flags.isLoaded { failures.append("no valid flags were read yet") }
        if report.isShut {
            failures.append("Redis does not answer, so that every check is answered with 503")
        } else if let count = report.alerts?.unansweredRun, report.failsClosed {
            failures.append("the last \(count) checks were answered with 503")
        }
        return failures
    }

    private static func degradations(_ report: HealthReport) -> [String] {
        var degradations: [String] = []
        if report.redis.state != .healthy, report.strategy != .legacy, !report.isShut {
            let problem = report.redis.problem.map { " (\($0))" } ?? ""
            degradations.append(
                report.redis.isDeciding
                    ? "the probe of Redis fails\(problem), while checks are answered"
                    : "Redis is \(report.redis.state.rawValue)")
        }
        if report.strategy != .legacy {
            degradations += report.redis.concerns.filter(\.isUrgent).map(\.sentence)
            if report.redis.state == .healthy, let problem = report.redis.resetsProblem {
                degradations.append("resets at other instances do not reach this one's memory (\(problem))")
            }
        }
        if let count = report.alerts?.unansweredRun, !report.failsClosed {
            degradations.append("the last \(count) checks passed without a verdict")
        }
        if report.flags.isHeldAtLegacy {
            degradations.append("a rollback is not in the flag file and holds this instance only at legacy")
        } else if report.flags.isLoaded, report.flags.problem != nil {
            degradations.append("the flag file cannot be used; the last good flags are in force")
        }
        if report.flags.isLoaded, report.flags.writeProblem != nil {
            degradations.append("the flag file cannot be written: a rollback would hold this instance only")
        }
        if report.recorder.problem != nil { degradations.append("comparisons cannot be written") }
        for baseline in report.baselines where baseline.state.stage == .stale {
            degradations.append(
                "the \(baseline.source.rawValue)'s baseline of response times is too old; run in legacy to learn a new one"
            )
        }
        for baseline in report.baselines where !baseline.isPlausible {
            degradations.append(
                "the \(baseline.source.rawValue)'s baseline of response times was learned while something else was slow; "
                    + "parallax rollback baseline forget")
        }
        for reading in report.triggers where reading.isLatched || reading.state == .firing {
            let state = reading.isLatched ? "fired and waits to be acknowledged" : "is firing"
            degradations.append("trigger \(reading.trigger.rawValue) \(state)")
        }
        for reading in report.triggers where reading.isHeldBack {
            degradations.append("trigger \(reading.trigger.rawValue) would fire, but a rollback would not help")
        }
        if report.strategy != .legacy, let gap = report.latch.gap(\.iso8601Seconds) {
            degradations.append("at \(report.strategy.rawValue), and \(gap)")
        }
        if report.drill?.state == .interrupted {
            degradations.append(
                "a drill was interrupted and the flags cannot be put back: parallax rollback drill --restore")
        }
        if report.alerts?.problem != nil { degradations.append("alerts cannot be delivered") }
        return degradations
    }

    /// An instance that was ready stays so when Redis fails: all instances share it, and a fleet taken out of the load
    /// balancer answers with refused connections where it would have answered 503 with Retry-After.
    private static func notReadyReasons(_ report: HealthReport) -> [String] {
        var reasons: [String] = []
        if report.isShuttingDown { reasons.append("the instance is shutting down") }
        if !report.flags.isLoaded { reasons.append("no valid flags were read yet") }
        if report.isShut, !report.redis.hasAnswered { reasons.append("Redis has not answered since the start") }
        return reasons
    }
}

extension HealthReport {
    /// Whether every check is answered with 503.
    fileprivate var isShut: Bool {
        strategy == .distributedOnly && failsClosed && redis.state != .healthy && !redis.isDeciding
    }
}
