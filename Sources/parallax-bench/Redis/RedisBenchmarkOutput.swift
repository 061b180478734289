import Foundation

/// What one run of redis-benchmark measured, read from its CSV.
struct RedisBenchmarkOutput: Equatable, Encodable, Sendable {
    var callsPerSecond: Double
    /// The median latency.
    var p50Milliseconds: Double
    var p99Milliseconds: Double
}

extension RedisBenchmarkOutput {
    private static let header = [
        "test", "rps", "avg_latency_ms", "min_latency_ms", "p50_latency_ms", "p95_latency_ms", "p99_latency_ms",
        "max_latency_ms",
    ]

    /// Reads the output of `redis-benchmark --csv` for one command.
    ///
    /// - Returns: `nil` if it is not the header that redis-benchmark 7 writes and one row of numbers under it.
    init?(parsing text: String) {
        let lines = text.split(whereSeparator: \.isNewline)
        guard let place = lines.firstIndex(where: { Self.cells($0) == Self.header }), place + 1 < lines.count else {
            return nil
        }
        // The first cell is the command itself and could hold anything.
        let numbers = Self.cells(lines[place + 1]).suffix(Self.header.count - 1).compactMap(Double.init)
        guard numbers.count == Self.header.count - 1, numbers.allSatisfy(\.isFinite) else { return nil }
        callsPerSecond = numbers[0]
        p50Milliseconds = numbers[3]
        p99Milliseconds = numbers[5]
    }

    private static func cells(_ line: Substring) -> [String] {
        line.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.hasPrefix("\"") && $0.hasSuffix("\"") ? String($0.dropFirst().dropLast()) : String($0)
        }
    }
}
