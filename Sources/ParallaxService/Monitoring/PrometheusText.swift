/// Writes metrics in the Prometheus text format 0.0.4.
///
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
struct PrometheusText {
    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    private(set) var text = ""

    /// Begins a metric. Its samples follow.
    ///
    /// - Parameter help: One sentence.
    mutating func begin(_ name: String, _ kind: Kind, help: String) {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func sample(_ name: String, _ labels: KeyValuePairs<String, String>, _ value: Int) {
        append(name, labels.map { ($0.key, $0.value) }, String(value))
    }

    mutating func sample(_ name: String, _ value: Int) {
        append(name, [], String(value))
    }

    mutating func sample(_ name: String, _ value: Double) {
        append(name, [], Self.text(value))
    }

    /// All samples of one histogram.
    mutating func histogram(_ name: String, _ labels: KeyValuePairs<String, String>, _ histogram: Histogram) {
        let labels = labels.map { ($0.key, $0.value) }
        let counts = histogram.cumulativeCounts
        for (bound, count) in zip(Histogram.bounds, counts) {
            append("\(name)_bucket", labels + [("le", String(bound))], String(count))
        }
        append("\(name)_bucket", labels + [("le", "+Inf")], String(counts.last!))
        append("\(name)_sum", labels, Self.text(histogram.sumInSeconds))
        append("\(name)_count", labels, String(counts.last!))
    }

    private static func text(_ value: Double) -> String {
        value.isNaN ? "NaN" : value == .infinity ? "+Inf" : value == -.infinity ? "-Inf" : String(value)
    }

    private mutating func append(_ name: String, _ labels: [(String, String)], _ value: String) {
        text += name
        if !labels.isEmpty {
            let pairs = labels.map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }
            text += "{\(pairs.joined(separator: ","))}"
        }
        text += " \(value)\n"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
