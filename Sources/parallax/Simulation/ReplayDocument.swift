import DivergenceStore
import ParallaxCore
import Simulation

/// What `replay --json` prints: the report's own object, with the forecast and what was replayed next to its keys.
struct ReplayDocument: Encodable {
    private enum Key: String, CodingKey {
        case forecast, replay, log
    }

    struct Run: Encodable {
        struct Window: Encodable {
            let name: String
            let limit: Int
            let durationMilliseconds: Int64
        }

        let requests: Int
        let instances: Int
        let balance: String
        let algorithm: String
        let candidate: String
        let policy: [Window]
        let reorderMilliseconds: Int64
        let putInOrder: Int
        let tooLate: Int
    }

    struct Log: Encodable {
        struct Example: Encodable {
            let line: Int
            let reason: String
            let beginning: String
        }

        let lines: Int
        let requests: Int
        let blank: Int
        let answered429: Int
        let malformed: Int
        let malformedByReason: [String: Int]
        let examples: [Example]
    }

    let report: DivergenceReport
    let forecast: Forecast
    let replay: Run
    let log: Log

    init(_ outcome: ReplayOutcome, _ report: DivergenceReport) {
        self.report = report
        forecast = outcome.forecast
        replay = Run(outcome)
        log = Log(outcome.log)
    }

    func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(forecast, forKey: .forecast)
        try values.encode(replay, forKey: .replay)
        try values.encode(log, forKey: .log)
    }
}

extension ReplayDocument.Run {
    fileprivate init(_ outcome: ReplayOutcome) {
        let plan = outcome.plan
        self.init(
            requests: outcome.judged, instances: plan.simulation.instances, balance: plan.simulation.balance.rawValue,
            algorithm: plan.simulation.algorithm.rawValue, candidate: plan.candidateName,
            policy: plan.policy.windows.map {
                Window(name: $0.name, limit: $0.limit, durationMilliseconds: $0.durationMilliseconds)
            },
            reorderMilliseconds: plan.reorderMilliseconds, putInOrder: outcome.order.putInOrder,
            tooLate: outcome.order.tooLate)
    }
}

extension ReplayDocument.Log {
    fileprivate init(_ tally: AccessLogTally) {
        self.init(
            lines: tally.lines, requests: tally.requests, blank: tally.blank, answered429: tally.answered429,
            malformed: tally.malformedCount,
            malformedByReason: Dictionary(uniqueKeysWithValues: tally.malformed.map { ($0.key.rawValue, $0.value) }),
            examples: tally.examples.map {
                Example(line: $0.number, reason: $0.reason.rawValue, beginning: $0.beginning)
            })
    }
}
