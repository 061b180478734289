/// The samples of a `/metrics` page of the service's own, as far as sums of counts are wanted from it.
///
/// The labels that are asked for have values without commas, quotes and backslashes.
struct PrometheusSamples: Equatable, Sendable {
    private struct Sample: Equatable {
        let name: Substring
        let labels: [Substring]
        let value: Int
    }

    private let samples: [Sample]

    /// Reads the text. What is no whole number is left out: no counter is one.
    init(parsing text: String) {
        samples = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }.compactMap { line in
            guard let space = line.lastIndex(of: " "), let value = Int(line[line.index(after: space)...]) else {
                return nil
            }
            let series = line[..<space]
            guard let brace = series.firstIndex(of: "{") else { return Sample(name: series, labels: [], value: value) }
            let labels = series[series.index(after: brace)...].dropLast().split(separator: ",")
            return Sample(name: series[..<brace], labels: labels, value: value)
        }
    }

    /// The sum of all samples of a metric that have the label, where one is given.
    ///
    /// - Returns: `nil` where there is no such metric: a count that is missing is not nought.
    func sum(_ name: String, label: String? = nil, is value: String = "") -> Int? {
        let named = samples.filter { $0.name == name }
        guard !named.isEmpty else { return nil }
        guard let label else { return named.map(\.value).reduce(0, +) }
        return named.filter { $0.labels.contains("\(label)=\"\(value)\"") }.map(\.value).reduce(0, +)
    }
}
