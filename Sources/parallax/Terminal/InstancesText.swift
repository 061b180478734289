import CommandSupport
import FeatureFlags
import ParallaxCore

/// What the instances that share a flag file have applied, and who is behind, as text for a terminal.
struct InstancesText {
    let instances: [InstanceStatus]
    let health: FlagHealth
    let now: Timestamp

    /// Those that do otherwise than the file says.
    var deviants: [InstanceStatus] {
        instances.filter {
            switch agreement(of: $0) {
            case .deviating, .behind: true
            case .current, .silent: false
            }
        }
    }

    /// Those with an old status: most have ended, and what they do is not known.
    var silent: [InstanceStatus] { instances.filter { agreement(of: $0) == .silent } }

    /// Whether an instance with a new status has not applied the file yet.
    var isBehind: Bool { instances.contains { agreement(of: $0) == .behind } }

    /// Empty if no instance has said anything.
    var text: String { instances.isEmpty ? "" : "instances\n" + lines }

    /// One instance a line.
    var lines: String {
        var table = TextTable([.left, .left, .left, .left])
        for applied in instances {
            let agreement = agreement(of: applied)
            table.add(
                applied.instance.escapedForTerminal, agreement.rawValue, applied.strategy.escapedForTerminal,
                remark(applied, agreement))
        }
        return table.lines().joined(separator: "\n")
    }

    func agreement(of applied: InstanceStatus) -> InstanceStatus.Agreement {
        applied.agreement(
            contentHash: health.state == .ok ? health.contentHash : nil, strategy: health.file.strategy, at: now)
    }

    /// Which triggers could not cause a rollback there, and what the one lacks that waits for a baseline.
    private func unarmed(_ applied: InstanceStatus) -> String {
        guard let unarmed = applied.unarmed, !unarmed.isEmpty else { return "" }
        let names = unarmed.keys.sorted().map(\.escapedForTerminal).joined(separator: ", ")
        let missing = unarmed[Trigger.responseTime.rawValue].map { " (\($0.escapedForTerminal))" } ?? ""
        return "not armed: \(names)\(missing)"
    }

    private func remark(_ applied: InstanceStatus, _ agreement: InstanceStatus.Agreement) -> String {
        switch agreement {
        case .current: return unarmed(applied)
        case .deviating:
            return applied.isHeldAtLegacy
                ? "held at legacy by a rollback that is not in the file"
                : "\(FlagName.distributedEnabled.rawValue)=false in its environment wins over the file: unset it and restart it"
        case .behind:
            let hash = applied.contentHash.map { "content \($0.prefix(8).description.escapedForTerminal)" } ?? "nothing"
            let change = health.changedAt.map { "; the file changed \(NumberFormat.time($0)) UTC" } ?? ""
            return "has \(hash) since \(applied.since.text) UTC\(change)"
        case .silent: return "last seen \(applied.time.text) UTC"
        }
    }
}
