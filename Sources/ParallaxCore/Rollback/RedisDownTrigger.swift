/// Fires when Redis has had no good run for too long.
///
/// Redis is probed once a second. A good run is several successes in a row; without one, Redis counts as down since the
/// first failure after the last good run, so a brown-out with a lucky probe now and then counts in full.
package struct RedisDownTrigger: Sendable {
    /// The verdict at one time, in numbers.
    package struct Reading: Equatable, Sendable {
        package var state: TriggerState
        /// Since the first failure after the last good run; `nil` while Redis is up.
        package var downMilliseconds: Int64?
        /// Probes since then, and how many of them failed.
        package var probes: Int
        package var failedProbes: Int
    }

    private let limitSeconds: Int
    private let goodRunProbes: Int
    /// Successes in a row, up to a good run.
    private var run = 0
    private var downSince: Int64?
    private var probes = 0
    private var failedProbes = 0

    /// - Parameter settings: Validated settings.
    package init(settings: RollbackSettings) {
        limitSeconds = settings.redisDownSeconds
        goodRunProbes = settings.goodRunProbes
    }

    /// Takes in the outcome of one probe.
    package mutating func probe(success: Bool, at now: Moment) {
        run = success ? min(run + 1, goodRunProbes) : 0
        if run == goodRunProbes {
            downSince = nil
            return
        }
        if downSince == nil && !success {
            downSince = now.steadyMilliseconds
            (probes, failedProbes) = (0, 0)
        }
        guard downSince != nil else { return }
        probes += 1
        if !success { failedProbes += 1 }
    }

    /// Whether Redis is in a good run at this moment.
    package var isUp: Bool { run == goodRunProbes }

    /// Forgets everything, after a time in which nobody probed.
    package mutating func restart() {
        run = 0
        downSince = nil
    }

    package func read(at now: Moment) -> Reading {
        guard let downSince else {
            return Reading(state: run == goodRunProbes ? .ok : .warming, probes: 0, failedProbes: 0)
        }
        let down = now.steadyMilliseconds - downSince
        return Reading(
            state: RedisDownTrigger.state(downMilliseconds: down, limitSeconds: limitSeconds), downMilliseconds: down,
            probes: probes, failedProbes: failedProbes)
    }

    /// The verdict on a Redis that has had no good run for a while.
    static func state(downMilliseconds: Int64, limitSeconds: Int) -> TriggerState {
        downMilliseconds > Int64(limitSeconds) * 1000 ? .firing : .suspect
    }

    package func evaluate(at now: Moment) -> Evaluation {
        let reading = read(at: now)
        let downSeconds = Double(reading.downMilliseconds ?? 0) / 1000
        return Evaluation(
            trigger: .redisDown, time: now.wall, state: reading.state,
            figures: [
                "downSeconds": downSeconds, "limitSeconds": Double(limitSeconds),
                "goodRunProbes": Double(goodRunProbes), "successesInARow": Double(run),
                "probes": Double(reading.probes), "failedProbes": Double(reading.failedProbes),
            ],
            sentence: sentence(reading, downSeconds: downSeconds))
    }

    private func sentence(_ reading: Reading, downSeconds: Double) -> String {
        switch reading.state {
        case .ok: "Redis is up: its last \(goodRunProbes) probes or more succeeded"
        case .warming, .inconclusive: "\(run) of \(goodRunProbes) probes in a row have succeeded since the start"
        case .suspect, .firing:
            RedisDownTrigger.sentence(
                downSeconds: downSeconds, limitSeconds: limitSeconds, probes: reading.probes,
                failedProbes: reading.failedProbes)
        }
    }

    /// What is said of a Redis that has had no good run for a while.
    static func sentence(downSeconds: Double, limitSeconds: Int, probes: Int, failedProbes: Int) -> String {
        "no good run of Redis for \(FigureText.decimal(downSeconds)) s (limit \(limitSeconds) s): "
            + "\(FigureText.grouped(failedProbes)) of \(FigureText.grouped(probes)) probes failed"
    }
}
