import ArgumentParser

/// A span of time as people write it on a command line: `500ms`, `30s`, `5m`, `2h` or `1d`.
struct DurationArgument: Equatable, Sendable, ExpressibleByArgument {
    let milliseconds: Int64

    init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    init?(argument: String) {
        let units: [(suffix: String, milliseconds: Int64)] = [
            ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        guard let unit = units.first(where: { argument.hasSuffix($0.suffix) }),
            let count = Int64(argument.dropLast(unit.suffix.count)), (0...1_000_000_000).contains(count)
        else { return nil }
        milliseconds = count * unit.milliseconds
    }

    /// As it would be written, in the largest unit that is whole.
    var defaultValueDescription: String {
        let units: [(String, Int64)] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
        let unit = units.first { milliseconds > 0 && milliseconds.isMultiple(of: $0.1) } ?? ("ms", 1)
        return "\(milliseconds / unit.1)\(unit.0)"
    }
}
