/// What one run of wrk measured, read from what it printed.
struct WrkOutput: Equatable, Encodable, Sendable {
    var requestsPerSecond: Double
    /// The median latency.
    var p50Milliseconds: Double
    var p99Milliseconds: Double
    /// Answers with another status than 2xx or 3xx.
    var non2xxCount: Int
    /// Connections, reads, writes and answers in time that failed.
    var socketErrorCount: Int

    var hasErrors: Bool { non2xxCount > 0 || socketErrorCount > 0 }
}

extension WrkOutput {
    /// Reads the output of `wrk --latency`.
    ///
    /// - Returns: `nil` if a figure is missing or is not a number.
    init?(parsing text: String) {
        var rate: Double?
        var percentiles: [Substring: Double] = [:]
        non2xxCount = 0
        socketErrorCount = 0
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            switch words.first {
            case "Requests/sec:" where words.count == 2: rate = Double(words[1])
            case "50%" where words.count == 2, "99%" where words.count == 2:
                percentiles[words[0]] = WrkOutput.milliseconds(words[1])
            case "Non-2xx":
                guard let count = Int(words[words.count - 1]) else { return nil }
                non2xxCount = count
            case "Socket":
                // Socket errors: connect 0, read 3, write 0, timeout 1
                socketErrorCount = words.compactMap { Int($0.filter { $0 != "," }) }.reduce(0, +)
            default: break
            }
        }
        guard let rate, rate.isFinite, let p50 = percentiles["50%"], let p99 = percentiles["99%"] else { return nil }
        requestsPerSecond = rate
        p50Milliseconds = p50
        p99Milliseconds = p99
    }

    /// A time as wrk writes it: `635.91us`, `1.20ms`, `2.01s`, `1.50m`, `1.00h`.
    private static func milliseconds(_ text: Substring) -> Double? {
        // The longer units first: "ms" ends in "s" too.
        let units: [(suffix: String, milliseconds: Double)] = [
            ("us", 0.001), ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000),
        ]
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }),
            let number = Double(text.dropLast(unit.suffix.count)), number.isFinite
        else { return nil }
        return number * unit.milliseconds
    }
}
