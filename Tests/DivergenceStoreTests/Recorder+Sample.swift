import Logging
import ParallaxCore

@testable import DivergenceStore

extension Recorder {
    /// A recorder that logs nothing, at the sample's time.
    static func sample(
        _ store: DivergenceStore, instance: String = "a", startedAt: Timestamp = .sample,
        _ change: (inout Settings) -> Void = { _ in }
    ) -> Recorder {
        var settings = Settings()
        change(&settings)
        return Recorder(
            store: store, instance: instance, settings: settings,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: ContinuousClock(), now: { startedAt })
    }
}

extension DivergenceReport {
    /// What must be the number of requests that both sides were asked about.
    var sum: Int { compared + incomparable.values.reduce(0, +) + heldOut + dropped.values.reduce(0, +) }
}
