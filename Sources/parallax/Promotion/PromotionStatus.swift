import CommandSupport
import FeatureFlags
import DivergenceStore
import Foundation
import ParallaxCore

/// What a promotion has left to watch, and the drill that has the flags at legacy: what `flags show` adds to the flags.
struct PromotionStatus: Sendable {
    /// The latest watch; `nil` if nothing was promoted lately.
    var watch: SoakPeriod?
    /// What the instances saw in it; `nil` if none has kept anything yet.
    var tally: SoakTally?
    /// When it has passed.
    var bounds = GateSettings()
    var drill: DrillNote?
    var now = Timestamp.now()
    /// Databases that could not be read, with the reason.
    var problems: [String] = []

    init(watch: SoakPeriod? = nil, tally: SoakTally? = nil, drill: DrillNote? = nil) {
        (self.watch, self.tally, self.drill) = (watch, tally, drill)
    }

    /// Reads it, as far as there is anything: neither a database that is not there nor one that cannot be read is a
    /// reason not to show the flags.
    init(store: FlagStore, databases: [String], bounds: GateSettings) async {
        self.bounds = bounds
        drill = await store.drillNote()
        let strategy = store.health.file.strategy
        for path in databases where FileManager.default.fileExists(atPath: path) {
            do {
                let stored = StoredSoakPeriod(store: try DivergenceStore.openToRead(path))
                try await add(stored, strategy: strategy)
            } catch {
                problems.append("\(path): \(error)")
            }
        }
        if let end = watch?.brokenOff, now - end.time > SoakPeriod.milliseconds { (watch, tally) = (nil, nil) }
    }

    private mutating func add(_ stored: StoredSoakPeriod, strategy: Strategy) async throws {
        guard let found = try await stored.loadSoakPeriod(strategy: strategy) else { return }
        if watch == nil { watch = found }
        guard let seen = try await stored.loadSoakTally(), seen.since == found.began.time else { return }
        if tally == nil { tally = seen } else { tally?.add(seen) }
    }

    /// As lines of text.
    var lines: [String] {
        (watch.map { SoakText(watch: $0, tally: tally, bounds: bounds, now: now).lines } ?? [])
            + (drill.map { ["drill     " + $0.obstacle(at: now).escapedForTerminal] } ?? [])
            + problems.map { "  note: the watch is not known: \($0.escapedForTerminal)" }
    }
}

/// The watch after a promotion as text.
struct SoakText {
    let watch: SoakPeriod
    let tally: SoakTally?
    var bounds = GateSettings()
    let now: Timestamp

    var lines: [String] {
        guard let tally else { return ["watch     \(progress), and no instance has kept what it saw yet"] }
        let alerts = tally.alerts.sorted { $0.key < $1.key }.map { "\($0.key.escapedForTerminal) \($0.value)" }
        return [
            "watch     \(progress), \(triggers(tally))",
            "          \(NumberFormat.count(tally.answers)) answers, \(NumberFormat.count(tally.unavailable)) of them unavailable"
                + "; alerts: \(alerts.isEmpty ? "none" : alerts.joined(separator: ", "))",
        ]
    }

    private var progress: String {
        let whole = Self.span(SoakPeriod.milliseconds)
        switch watch.state(at: now, seen: tally, bounds: bounds) {
        case .running(let elapsed): return "\(Self.span(elapsed)) of \(whole)\(unwatched)"
        case .passed: return "\(whole) passed"
        case .failed(.unavailable):
            return
                "\(whole) over and not passed: more than \(NumberFormat.share(percent: bounds.unansweredPercent)) of the answers were "
                + "unavailable"
        case .failed(.fired): return "\(whole) over and not passed"
        case .brokenOff(let after):
            let end = watch.brokenOff.map {
                " by \($0.by.escapedForTerminal) at \($0.time.text) UTC (\($0.reason.escapedForTerminal))"
            }
            return "broken off after \(Self.span(after))\(end ?? "")"
        }
    }

    /// Time that does not count, if it is worth a word.
    private var unwatched: String {
        guard tally != nil else { return "" }
        let minutes = watch.unwatchedMilliseconds(at: now, seen: tally) / 60_000
        return minutes > 0 ? " (not watched for \(NumberFormat.span(minutes: Int(minutes))) since it began)" : ""
    }

    private func triggers(_ tally: SoakTally) -> String {
        let fired = tally.fired.map(\.rawValue)
        let firings = fired.isEmpty ? "no trigger fired" : "fired: \(fired.joined(separator: ", "))"
        guard let worst = tally.worst else { return "\(firings), none suspect" }
        return "\(firings), worst state \(worst.state.rawValue) \(worst.trigger.rawValue) at "
            + "\(worst.time.text) UTC: \(worst.sentence.escapedForTerminal)"
    }

    /// `31 h 12 min`, also of more than a day.
    private static func span(_ milliseconds: Int64) -> String { NumberFormat.span(minutes: Int(milliseconds / 60_000)) }
}

/// The watch as JSON. Times are milliseconds since the Unix epoch.
struct SoakDocument: Encodable {
    let state: String
    let began: Timestamp
    let elapsedSeconds: Int64
    let ofSeconds: Int64
    /// Since it began, when no instance ran in `distributed_only` and reported.
    let unwatchedSeconds: Int64
    let brokenOffBy: String?
    let brokenOffAt: Timestamp?
    /// `null` if no instance has kept what it saw yet.
    let seen: SoakTally?

    init(_ watch: SoakPeriod, tally: SoakTally?, bounds: GateSettings, now: Timestamp) {
        ofSeconds = SoakPeriod.milliseconds / 1000
        let state = watch.state(at: now, seen: tally, bounds: bounds)
        self.state = state.name
        elapsedSeconds = state.elapsedMilliseconds / 1000
        let end = watch.brokenOff?.time ?? now
        unwatchedSeconds = watch.unwatchedMilliseconds(at: end, seen: tally) / 1000
        began = watch.began.time
        brokenOffBy = watch.brokenOff?.by
        brokenOffAt = watch.brokenOff?.time
        seen = tally
    }
}
