/// Numbers, shares and durations as people read them, without a locale: `31,482`, `7.9 %`, `12.4 ms`, `26 h 10 min`.
package enum NumberFormat {
    /// A whole number with a comma before every three digits.
    package static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    /// A count with its noun: `1 request`, `2,000 requests`; `plural` if that is not made with an s.
    package static func counted(_ number: Int, _ noun: String, plural: String? = nil) -> String {
        "\(count(number)) \(number == 1 ? noun : plural ?? noun + "s")"
    }

    /// A fixed number of decimals: `1,234.50`. A number of more than 15 digits is written as it is.
    package static func decimal(_ number: Double, places: Int) -> String {
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        let scaled = (number.magnitude * scale).rounded()
        guard scaled < 1e15 else { return "\(number)" }
        let (whole, rest) = Int(scaled).quotientAndRemainder(dividingBy: Int(scale))
        let sign = number < 0 && scaled > 0 ? "-" : ""
        return sign + count(whole) + (places > 0 ? "." + padded(rest, to: places) : "")
    }

    /// At most one decimal: `7.9`, `5`.
    package static func decimal(_ number: Double) -> String { decimal(number, atMost: 1) }

    private static func decimal(_ number: Double, atMost places: Int) -> String {
        var text = decimal(number, places: places)
        guard text.contains("."), !text.contains("e") else { return text }
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }

    /// A number as short as it can be written exactly, such as a setting: `5`, `4.5`, `0.001`.
    package static func plain(_ number: Double) -> String {
        Int(exactly: number).map(count) ?? "\(number)"
    }

    private static func padded(_ number: Int, to digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}

// MARK: Shares
extension NumberFormat {
    /// A share in percent, with as many decimals as a small one needs: `12 %`, `7.9 %`, `0.17 %`, `0.004 %`.
    ///
    /// Only nothing is `0 %`, and only all is `100 %`: between them are `< 0.001 %` and `> 99.9 %`.
    package static func share(percent: Double) -> String {
        let places = percent < 0.1 ? 3 : percent < 1 ? 2 : 1
        let text = decimal(percent, atMost: places)
        // A share that was computed may miss 0 and 100 by the rounding of floating-point numbers.
        if percent > 1e-9, text == "0" { return "< 0.001 %" }
        if percent < 100 - 1e-9, text == "100" { return "> 99.9 %" }
        return text + " %"
    }

    /// A share from 0 to 1, in percent.
    package static func share(_ share: Double) -> String { self.share(percent: share * 100) }

    /// The share of a part, in percent; `-` if there is no whole.
    package static func share(_ part: Int, of whole: Int) -> String {
        whole > 0 ? share(Double(part) / Double(whole)) : "-"
    }

    /// The shares that the counts do not contradict: `3.5 to 4.7 %`.
    package static func interval(_ estimate: ShareEstimate) -> String {
        estimate.of > 0 ? "\(share(estimate.lower).dropLast(2)) to \(share(estimate.upper))" : "-"
    }
}

// MARK: Durations
extension NumberFormat {
    /// A measured time in milliseconds; below one of them in microseconds.
    package static func time(_ duration: Duration) -> String { time(milliseconds: duration / .milliseconds(1)) }

    package static func time(microseconds: Int64) -> String { time(milliseconds: Double(microseconds) / 1000) }

    /// A measured time: `12.4 ms`, `250 µs`.
    package static func time(milliseconds: Double) -> String {
        milliseconds < 1 ? decimal(milliseconds * 1000) + " µs" : decimal(milliseconds) + " ms"
    }

    /// A span in its two largest units, hours for up to three days: `59 s`, `1 min 5 s`, `26 h 10 min`, `3 d 4 h`.
    package static func span(seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: units(seconds, "min", 60, "s")
        case ..<259_200: units(seconds / 60, "h", 60, "min")
        default: units(seconds / 3600, "d", 24, "h")
        }
    }

    /// A span of whole minutes.
    package static func span(minutes: Int) -> String {
        minutes == 0 ? "0 min" : span(seconds: minutes * 60)
    }

    /// A span in the one unit that gives a whole number: `10 s`, `1 h`, `1,500 ms`.
    package static func exactSpan(milliseconds: Int64) -> String {
        let units: [(Int64, String)] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")]
        let unit = units.first { milliseconds > 0 && milliseconds.isMultiple(of: $0.0) } ?? (1, "ms")
        return "\(count(Int(milliseconds / unit.0))) \(unit.1)"
    }

    private static func units(_ small: Int, _ largeUnit: String, _ size: Int, _ smallUnit: String) -> String {
        let (large, rest) = small.quotientAndRemainder(dividingBy: size)
        return "\(large) \(largeUnit)" + (rest > 0 ? " \(rest) \(smallUnit)" : "")
    }
}
