import CommandSupport
import DivergenceStore
import ParallaxCore

/// How much gets through: what agreement, request by request, does not tell.
extension ReportText {
    var volume: [String] {
        let volume = report.volume
        guard volume.controlUnits + volume.candidateUnits > 0 else { return [] }
        var lines = [style.bold("How much gets through"), "  " + VolumeSentences(volume).through]
        if let phase = VolumeSentences(volume).phase { lines.append("  " + phase) }
        guard !volume.windows.isEmpty else { return lines + noise }
        var table = TextTable([.left, .right, .right, .right, .right])
        table.add("window", "spans", "differing", "units less", "units more")
        for window in volume.windows {
            table.add(
                window.name.escapedForTerminal, NumberFormat.count(window.spans), NumberFormat.count(window.differing),
                NumberFormat.count(window.lessUnits), NumberFormat.count(window.moreUnits))
        }
        lines += ["  " + VolumeSentences.span] + table.lines()
        if let sentence = VolumeSentences(volume).noneMore(newlyAllowed: report.newlyAllowed.requests) {
            lines.append("  " + sentence)
        }
        return lines + noise
    }

    private var noise: [String] {
        guard let noise = report.noise else { return [] }
        return ["  " + VolumeSentences.noise(noise)]
    }
}

/// The same sentences for the terminal and the page.
struct VolumeSentences {
    private let volume: ReportVolume

    init(_ volume: ReportVolume) {
        self.volume = volume
    }

    var through: String {
        let (control, candidate) = (volume.controlUnits, volume.candidateUnits)
        let difference = candidate - control
        let change =
            difference == 0
            ? "as many"
            : "\(NumberFormat.count(abs(difference))) \(difference < 0 ? "less" : "more")"
                + " (\(NumberFormat.share(abs(difference), of: max(control, 1))))"
        return
            "control let \(NumberFormat.count(control)) units through, the candidate would \(NumberFormat.count(candidate)): \(change)"
    }

    /// What the differing verdicts mean for how much gets through; `nil` if there are none.
    var phase: String? {
        let all = volume.requestsInEqualVolumes + volume.requestsInDifferingVolumes
        guard all > 0 else { return nil }
        return
            "of \(NumberFormat.count(all)) verdicts that differ, \(NumberFormat.count(volume.requestsInEqualVolumes)) "
            + "(\(NumberFormat.share(volume.requestsInEqualVolumes, of: all))) change which requests get through and not how "
            + "many: within \(Int(ReportVolume.equalShare * 100)) % of each limit"
    }

    /// What a span is.
    static let span =
        "A span is one caller over a window's duration (a minute at least) in which a verdict differed; it differs if the units "
        + "let through are more than \(Int(ReportVolume.equalShare * 100)) % of the limit apart."

    /// Why there are no more units although requests are newly let through; `nil` if there are, or no such requests.
    func noneMore(newlyAllowed: Int) -> String? {
        guard newlyAllowed > 0, volume.windows.allSatisfy({ $0.moreUnits == 0 }) else { return nil }
        return
            "no units more, although \(NumberFormat.counted(newlyAllowed, "request")) would newly be let through: within "
            + "each span the candidate refuses as many others of the same caller, or more"
    }

    static func noise(_ noise: NoiseFloor) -> String {
        "noise floor: two equal limiters in memory disagreed in \(NumberFormat.count(noise.diverged)) of "
            + "\(NumberFormat.count(noise.compared)) requests (\(NumberFormat.share(noise.diverged, of: noise.compared)))"
    }
}
