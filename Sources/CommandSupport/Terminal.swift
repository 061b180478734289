import Foundation
import ParallaxCore
import UnixSignals

/// Where the command writes: results to standard output, everything about the run to standard error.
package enum Terminal {
    /// Writes a result.
    package static func print(_ text: String) {
        write(text + "\n", to: FileHandle.standardOutput)
    }

    /// Writes a line about the run.
    package static func note(_ text: String, terminator: String = "\n") {
        write(text + terminator, to: FileHandle.standardError)
    }

    /// A reader that has gone away (`| head`) is not a reason to fail.
    private static func write(_ text: String, to handle: FileHandle) {
        try? handle.write(contentsOf: Data(text.utf8))
    }
}

/// Rows in columns as wide as their widest cell.
package struct TextTable {
    package enum Alignment: Sendable {
        case left
        case right
    }

    private let alignments: [Alignment]
    private var rows: [[String]] = []

    package init(_ alignments: [Alignment]) {
        self.alignments = alignments
    }

    /// Adds a row; cells that are missing on the right are empty.
    package mutating func add(_ cells: String...) {
        addRow(cells)
    }

    /// Adds a row of as many cells as it happens to have.
    package mutating func addRow(_ cells: [String]) {
        precondition(cells.count <= alignments.count, "a row has more cells than the table has columns")
        rows.append(cells)
    }

    /// The rows as lines, two spaces between columns, without spaces at their ends.
    package func lines(indent: Int = 2) -> [String] {
        let widths = alignments.indices.map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                cell.padded(to: widths[column], alignedRight: alignments[column] == .right)
            }
            let line = String(repeating: " ", count: indent) + cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}

extension String {
    /// ``DisplayText/line(_:)``, as the texts of commands use it everywhere.
    package var escapedForTerminal: String { DisplayText.line(self) }

    /// The first characters, with `…` for what was left out; at most `width` in all.
    package func shortened(to width: Int) -> String {
        count <= width ? self : prefix(max(0, width - 1)) + "…"
    }

    /// Filled with spaces to a width.
    package func padded(to width: Int, alignedRight: Bool = false) -> String {
        let fill = String(repeating: " ", count: max(0, width - count))
        return alignedRight ? fill + self : self + fill
    }
}

/// Values as JSON for programs: keys in order, so that two outputs can be compared line by line.
package enum JSONText {
    package static func make(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return JSONEscaping.text(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}

/// Runs `body`, and cancels it at the first SIGINT or SIGTERM; a second one ends the process at once.
///
/// - Returns: What `body` returned, and whether it was interrupted.
package func withInterruption<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> (result: Result, wasInterrupted: Bool) {
    let work = Task { try await body() }
    let watch = Task {
        var interruptions = 0
        for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
            interruptions += 1
            if interruptions > 1 { exit(130) }
            Terminal.note("\nStopping. Press Ctrl-C again to end at once.")
            work.cancel()
        }
    }
    defer { watch.cancel() }
    let result = try await work.value
    return (result, work.isCancelled)
}
