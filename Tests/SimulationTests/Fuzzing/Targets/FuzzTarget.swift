import ParallaxCore

@testable import Simulation

/// Any bytes, to the reader of access logs: it comes to their end, however they come, and takes from no line what only
/// the server writes.
///
/// The fuzzer and the tests run the same body: the one to find inputs, the others to keep what was found.
enum FuzzTarget {
    /// What a log was read as.
    private struct Reading: Equatable {
        var entries: [AccessLogEntry] = []
        var tally = AccessLogTally()
    }

    /// Runs one input: the format, the size of pieces, and the log.
    ///
    /// - Throws: ``Violation`` where something that must hold does not.
    static func run(_ bytes: [UInt8]) throws(Violation) {
        var input = FuzzInput(bytes)
        let format = LogFormat.allCases[input.number(below: LogFormat.allCases.count)]
        let size = input.number(below: 256) + 1
        let log = input.remainder()
        try JSONTarget.run(log)
        let whole = try read(log, in: max(1, log.count), as: format)
        let pieces = try read(log, in: size, as: format)
        try Violation.unless(whole == pieces, "in pieces of \(size) bytes the log is read as \(pieces), not \(whole)")
        try check(whole.tally, of: log)
        for entry in whole.entries { try check(entry, format) }
    }

    private static func read(_ log: [UInt8], in size: Int, as format: LogFormat) throws(Violation) -> Reading {
        let reader = AccessLogReader(source: PiecedBytes(log), format: format, chunkBytes: size)
        var reading = Reading()
        do {
            while let entry = try reader.next() { reading.entries.append(entry) }
        } catch {
            throw Violation(description: "bytes that can all be read were not: \(error)")
        }
        reading.tally = reader.tally
        return reading
    }

    private static func check(_ tally: AccessLogTally, of log: [UInt8]) throws(Violation) {
        let lineEnds = log.count { $0 == UInt8(ascii: "\n") }
        let lines = lineEnds + (log.isEmpty || log.last == UInt8(ascii: "\n") ? 0 : 1)
        try Violation.unless(tally.lines == lines, "\(tally.lines) of \(lines) lines were counted")
        try Violation.unless(
            tally.requests + tally.blank + tally.malformedCount == lines, "a line is in no figure: \(tally)")
        try Violation.unless(
            tally.examples.count == min(tally.malformedCount, AccessLogTally.maximumExamples),
            "\(tally.examples.count) examples of \(tally.malformedCount) malformed lines")
        // A byte that is not UTF-8 becomes three.
        try Violation.unless(tally.examples.allSatisfy { $0.beginning.utf8.count <= 3 * 160 }, "a long example")
    }

    private static func check(_ entry: AccessLogEntry, _ format: LogFormat) throws(Violation) {
        for identification in LogIdentification.allCases {
            let name = identification.identifier(of: entry)
            try Violation.unless(
                (try? Identity(identifier: name)) != nil, "no identity can be \(name.debugDescription)")
        }
        try Violation.unless(entry.status.map { (0...999).contains($0) } ?? true, "the status \(entry.status ?? 0)")
        guard format == .combined || format == .common else { return }
        try Violation.unless(
            entry.client.utf8.allSatisfy { (0x21..<0x7f).contains($0) }, "a client with other signs than an address")
        // A server's stamp has a year of four digits, or seconds of ten digits.
        try Violation.unless(abs(entry.time.milliseconds) < 1 << 48, "a time in \(entry.time.milliseconds) ms")
    }
}

/// Bytes that come in pieces as large as is asked for.
private final class PiecedBytes: ByteSource {
    private var left: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        left = bytes[...]
    }

    func read(upToCount count: Int) throws(AccessLogError) -> [UInt8] {
        defer { left = left.dropFirst(count) }
        return Array(left.prefix(count))
    }
}
