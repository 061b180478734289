package import ParallaxCore

/// Deliveries and failures of alerts, for health and metrics.
package struct AlertHealth: Equatable, Sendable {
    /// How many receivers there are.
    package let receivers: Int
    /// The alerts that hold, each once.
    package let firing: [Alert.Name]
    /// Attempts to tell a receiver since the start, over all of them.
    package let delivered: Int
    package let failures: Int
    /// Ended alerts that a receiver does not know yet.
    package let waiting: Int
    /// Which receiver does not take alerts now and why, counted from 1 in the order of the settings; `nil` if all do.
    package let problem: String?
    /// How often each alert began since the start.
    package let began: [Alert.Name: Int]
    /// Answers in a row, up to the latest, that had no verdict; `nil` if they are too few or too old to tell.
    package var unansweredRun: Int?
}

extension AlertHealth: Encodable {
    private enum CodingKeys: String, CodingKey {
        case firing, receivers, delivered, failures, waiting, problem
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(firing.map(\.rawValue), forKey: .firing)
        try fields.encode(receivers, forKey: .receivers)
        try fields.encode(delivered, forKey: .delivered)
        try fields.encode(failures, forKey: .failures)
        try fields.encode(waiting, forKey: .waiting)
        try fields.encodeIfPresent(problem, forKey: .problem)
    }
}
