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

    /// Reads the text. What is not a whole number is left out: no counter is one.
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

    /// The sum of all samples of a metric.
    ///
    /// - Returns: `nil` if there is no such metric: a count that is missing is not nought.
    func sum(_ name: String) -> Int? {
        let named = samples.filter { $0.name == name }
        return named.isEmpty ? nil : named.map(\.value).reduce(0, +)
    }

    /// The sums of a metric's samples for each value of a label, without those that are nought.
    func sums(_ name: String, by label: String) -> [String: Int] {
        let start = "\(label)=\""
        var sums: [String: Int] = [:]
        for sample in samples where sample.name == name && sample.value != 0 {
            guard let pair = sample.labels.first(where: { $0.hasPrefix(start) }) else { continue }
            sums[String(pair.dropFirst(start.count).dropLast()), default: 0] += sample.value
        }
        return sums
    }
}
