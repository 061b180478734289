/// Figures as sentences show them, without a locale: `7.9 %`, `31,482`, `12.4 ms`.
enum FigureText {
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

    /// Milliseconds; microseconds below one.
    static func time(_ duration: Duration) -> String {
        let milliseconds = duration / .milliseconds(1)
        return milliseconds < 1 ? decimal(milliseconds * 1000) + " µs" : decimal(milliseconds) + " ms"
    }

    /// A whole number with a comma before every three digits.
    static func grouped(_ number: Int) -> String {
        var text = ""
        for (index, digit) in String(number.magnitude).reversed().enumerated() {
            if index > 0 && index.isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + String(text.reversed())
    }
}
