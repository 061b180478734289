import Foundation

/// Puts placeholders where an output differs from run to run, by rule, so that all else is compared to the byte.
struct VolatileText {
    /// What an output depends on.
    enum Source {
        /// The output is the same in each run but for places, the version and how long it took: its data is stored, its clock stands still.
        case stored
        /// The output is of a running service, with its own clock and what it measures.
        case running
    }

    private struct Rule {
        let expression: NSRegularExpression
        let template: String

        init(_ pattern: String, _ template: String) {
            // The patterns are constants of this file.
            expression = try! NSRegularExpression(pattern: pattern, options: .anchorsMatchLines)
            self.template = template
        }
    }

    /// What differs although data and clock are the same.
    private static let places = [
        Rule(#"in [\d.]+ s, [\d,]+ lines a second"#, "in <n> s, <n> lines a second"),
        Rule(#"^ *\d+ %  [\d,]+ judged, .*\n"#, ""),
        Rule(#"(127\.0\.0\.1|localhost):\d+"#, "$1:<port>"),
        Rule(#"(?<![\d.])\d+\.\d+\.\d+(?![\d.])"#, "<version>"),
    ]

    /// Keys whose numbers are measured, or count what goes on by itself.
    private static let measuredKeys = [
        "applied_ms", "restored_ms", "round_trip_ms", "retry_after_ms", "down_seconds", "elapsed_seconds",
        "unwatched_seconds", "used_bytes", "bytes", "pending", "written", "samples", "step_ms",
        "appliedMs", "restoredMs",
    ].joined(separator: "|")

    private static let measured = [
        Rule(#"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(\.\d+)?"#, "<date>$1<time>"),
        Rule(#"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"#, "<date>"),
        Rule(#"\b1[789]\d{11}\b"#, "<milliseconds>"),
        Rule(#"\b1[789]\d{8}\b"#, "<seconds>"),
        Rule(#"\b[0-9a-f]{64}\b"#, "<sha256>"),
        Rule(#"\b[0-9a-f]{16}\b"#, "<id>"),
        Rule("\"(\(measuredKeys))\"( ?: ?)[0-9.e-]+", "\"$1\"$2<n>"),
        Rule(#"^( *\S+ +(?:second|burst) ).*$"#, "$1<moving>"),
        Rule(#"^((?:Retry-After|Content-Length): )[1-9]\d*$"#, "$1<n>"),
        Rule(#"counting for \d+ of (.*?), [\d,]+ attempts"#, "counting for <n> of $1, <n> attempts"),
        Rule(#"\b\d[\d,]*(?:\.\d+)? (ms|µs|s|min)\b"#, "<n> $1"),
        Rule(#"\b\d[\d,]* of ([\d,]+ response times)"#, "<n> of $1"),
    ]

    /// Sentences of triggers tell what was counted so far.
    private static let sentence = Rule(#""(?:sentence|missing)" ?: ?"(?:[^"\\]|\\.)*""#, "")
    private static let number = Rule(#"\d[\d,.]*\d|\d"#, "<n>")
    /// These windows move within a test.
    private static let movingWindow = Rule(#""name":"(?:second|burst)"[^{}]*"#, "")
    private static let unitsOfWindow = Rule(#""(used|remaining)":\d+"#, #""$1":<n>"#)

    /// Texts of this run, such as the path of a test's folder, by their placeholders.
    var known: [(text: String, placeholder: String)] = []

    func replaced(in text: String, of source: Source) -> String {
        var text = text.replacing("\r", with: #"\r"#)
        for (known, placeholder) in known { text = text.replacing(known, with: placeholder) }
        text = Self.apply(Self.places, to: text)
        guard source == .running else { return text }
        text = Self.apply(Self.number, within: Self.sentence, to: text)
        text = Self.apply(Self.unitsOfWindow, within: Self.movingWindow, to: text)
        return Self.apply(Self.measured, to: text)
    }

    private static func apply(_ rules: [Rule], to text: String) -> String {
        rules.reduce(text) { text, rule in
            rule.expression.stringByReplacingMatches(
                in: text, range: NSRange(text.startIndex..., in: text), withTemplate: rule.template)
        }
    }

    private static func apply(_ rule: Rule, within outer: Rule, to text: String) -> String {
        let matches = outer.expression.matches(in: text, range: NSRange(text.startIndex..., in: text))
        return matches.reversed().reduce(into: text) { result, match in
            guard let range = Range(match.range, in: result) else { return }
            result.replaceSubrange(range, with: apply([rule], to: String(result[range])))
        }
    }
}
