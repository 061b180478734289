import ArgumentParser
import DivergenceStore
import ParallaxCore

/// Which records a command is about.
struct DivergenceSelection: ParsableArguments {
    @Option(help: "From this time on: 15m, 2h or 7d ago, or 2026-11-23T14:00:00Z.")
    var since: ReportTime?

    @Option(help: "Up to this time, written in the same way.")
    var until: ReportTime?

    @Option(help: "Only this organization.")
    var organization: String?

    @Option(help: "Only divergences of this kind; the compared requests are still counted.")
    var kind: DivergenceKind?

    @Option(help: "Only divergences of this cause; the compared requests are still counted.")
    var cause: DivergenceCause?

    func makeFilter(now: Timestamp) throws -> DivergenceFilter {
        let filter = DivergenceFilter(
            since: since?.resolve(now: now), until: until?.resolve(now: now), organization: organization, kind: kind,
            cause: cause)
        if let since = filter.since, let until = filter.until, until <= since {
            throw CommandFailure(.usage, "--until is not after --since")
        }
        return filter
    }
}
