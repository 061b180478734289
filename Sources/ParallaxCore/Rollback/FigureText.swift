/// Figures as sentences show them, without a locale: `7.9 %`, `31,482`, `12.4 ms`.
package enum FigureText {
    /// At most one decimal.
    static func decimal(_ value: Double) -> String {
        let tenths = (value * 10).rounded()
        guard tenths.magnitude < 1e15 else { return "\(value)" }
        let (whole, tenth) = Int64(tenths.magnitude).quotientAndRemainder(dividingBy: 10)
        let sign = tenths < 0 ? "-" : ""
        return sign + grouped(Int(whole)) + (tenth == 0 ? "" : ".\(tenth)")
    }

    static func percent(_ percent: Double) -> String {
        decimal(percent) + " %"
    }

    /// With its noun: `1 request`, `2,000 requests`; `plural` if that is not made with an s.
    package static func counted(_ number: Int, _ noun: String, plural: String? = nil) -> String {
        "\(grouped(number)) \(number == 1 ? noun : plural ?? noun + "s")"
    }

    /// A share in percent, with as many decimals as small ones need: `12 %`, `0.17 %`, `0.004 %`.
    package static func share(_ percent: Double) -> String {
        guard percent > 0, percent < 1 else { return self.percent(percent) }
        let places = percent < 0.1 ? 1_000.0 : 100.0
        guard (percent * places).rounded() > 0 else { return "< 0.001 %" }
        return "\((percent * places).rounded() / places) %"
    }

    /// A span in its two largest units: `26 h 10 min`, `3 d 4 h`.
    package static func minutes(_ minutes: Int) -> String {
        let (hours, rest) = minutes.quotientAndRemainder(dividingBy: 60)
        return switch hours {
        case 0: "\(rest) min"
        case ..<72: rest == 0 ? "\(hours) h" : "\(hours) h \(rest) min"
        default: hours % 24 == 0 ? "\(hours / 24) d" : "\(hours / 24) d \(hours % 24) h"
        }
    }

    /// Milliseconds; microseconds below one.
    package static func time(_ duration: Duration) -> String {
        let milliseconds = duration / .milliseconds(1)
        return milliseconds < 1 ? decimal(milliseconds * 1000) + " µs" : decimal(milliseconds) + " ms"
    }

    /// A time of day with its zone, such as `14:03:10 UTC`; a part of a second counts as a whole one.
    package static func timeOfDay(_ time: Timestamp) -> String {
        let second = Int((time.milliseconds + 999) / 1000 % 86_400)
        let parts = [second / 3600, second / 60 % 60, second % 60]
        return parts.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":") + " UTC"
    }

    /// A whole number with a comma before every three digits.
    package static func grouped(_ number: Int) -> String {
        var text = ""
        for (index, digit) in String(number.magnitude).reversed().enumerated() {
            if index > 0 && index.isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + String(text.reversed())
    }
}
