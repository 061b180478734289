import Foundation
package import ParallaxCore

/// How numbers and times are written for people.
package enum Figures {
    /// With thousands apart: `31,482`.
    package static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return number < 0 ? "-" + text : text
    }

    /// With a fixed number of decimals, and thousands apart: `1,234.50`.
    package static func decimal(_ number: Double, places: Int) -> String {
        let text = String(format: "%.\(places)f", abs(number))
        let parts = text.split(separator: ".")
        // A number beyond any count is written as it is.
        guard let whole = Int(parts[0]) else { return number < 0 ? "-" + text : text }
        let digits = count(whole) + parts.dropFirst().map { "." + $0 }.joined()
        return number < 0 ? "-" + digits : digits
    }

    /// A share with one decimal. Only all is `100.0 %`, and only nothing is `0.0 %`; `-` if there is no whole.
    package static func share(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "-" }
        let permille = Int((Double(part) / Double(whole) * 1000).rounded())
        if part > 0 && permille == 0 { return "< 0.1 %" }
        if part < whole && permille == 1000 { return "> 99.9 %" }
        return "\(permille / 10).\(permille % 10) %"
    }

    /// A share from 0 to 1 in percent, as exact as small ones need.
    package static func share(_ share: Double) -> String { FigureText.share(share * 100) }

    /// The shares that the counts do not contradict: `3.5 to 4.7 %`.
    package static func interval(_ estimate: ShareEstimate) -> String {
        guard estimate.of > 0 else { return "-" }
        let (lower, upper) = (share(estimate.lower), share(estimate.upper))
        return "\(lower.hasSuffix(" %") ? String(lower.dropLast(2)) : lower) to \(upper)"
    }

    /// Two instants, the second without the day where it is the same: `2026-11-23 14:01:09 to 14:02:10`.
    package static func period(_ from: Timestamp, _ to: Timestamp, toTheMinute: Bool = false) -> String {
        let (first, last) = (time(from).dropLast(toTheMinute ? 3 : 0), time(to).dropLast(toTheMinute ? 3 : 0))
        return first.prefix(11) == last.prefix(11) ? "\(first) to \(last.dropFirst(11))" : "\(first) to \(last)"
    }

    /// A bar of `width` characters at the most, in eighths of a character; empty only for nothing.
    package static func bar(_ part: Int, of whole: Int, width: Int) -> String {
        guard whole > 0, part > 0 else { return "" }
        let eighths = max(1, Int((Double(part) / Double(whole) * Double(width * 8)).rounded()))
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
    }

    /// An instant in UTC to the second: `2026-11-23 14:01:09`.
    package static func time(_ timestamp: Timestamp) -> String {
        let date = Date(timeIntervalSince1970: Double(timestamp.milliseconds) / 1000)
        return date.formatted(
            Date.ISO8601FormatStyle(dateTimeSeparator: .space).year().month().day().time(
                includingFractionalSeconds: false))
    }

    /// A span of time in its two largest units: `1 min 05 s`.
    package static func span(seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min \(twoDigits(seconds % 60)) s"
        case ..<86_400: "\(seconds / 3600) h \(twoDigits(seconds % 3600 / 60)) min"
        default: "\(seconds / 86_400) d \(twoDigits(seconds % 86_400 / 3600)) h"
        }
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
