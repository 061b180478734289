import Foundation

/// The difference of two texts, line by line, as `diff -u` prints it.
struct UnifiedDiff {
    private static let context = 3

    private enum Line {
        case same(String)
        case removed(String)
        case added(String)

        var isChange: Bool { if case .same = self { false } else { true } }

        var text: String {
            switch self {
            case .same(let text): " " + text
            case .removed(let text): "-" + text
            case .added(let text): "+" + text
            }
        }
    }

    private let lines: [Line]
    private let names: String

    init(old: String, new: String, oldName: String, newName: String) {
        names = "--- \(oldName)\n+++ \(newName)"
        lines = Self.align(Self.lines(of: old), Self.lines(of: new))
    }

    /// The hunks, each with a few lines around it; only the names if nothing differs.
    var text: String {
        let changes = lines.indices.filter { lines[$0].isChange }
        var hunks: [Range<Int>] = []
        for index in changes {
            let range = max(0, index - Self.context)..<min(lines.count, index + Self.context + 1)
            if let last = hunks.last, last.upperBound >= range.lowerBound {
                hunks[hunks.count - 1] = last.lowerBound..<range.upperBound
            } else {
                hunks.append(range)
            }
        }
        return ([names] + hunks.map(hunk)).joined(separator: "\n")
    }

    private func hunk(_ range: Range<Int>) -> String {
        func position(_ isCounted: (Line) -> Bool) -> String {
            "\(lines[..<range.lowerBound].count(where: isCounted) + 1),\(lines[range].count(where: isCounted))"
        }
        let old = position { if case .added = $0 { false } else { true } }
        let new = position { if case .removed = $0 { false } else { true } }
        return (["@@ -\(old) +\(new) @@"] + lines[range].map(\.text)).joined(separator: "\n")
    }

    private static func lines(of text: String) -> [String] {
        var lines = text.components(separatedBy: "\n")
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    private static func align(_ old: [String], _ new: [String]) -> [Line] {
        var (removed, added): (Set<Int>, Set<Int>) = ([], [])
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var (lines, index, next): ([Line], Int, Int) = ([], 0, 0)
        while index < old.count || next < new.count {
            if removed.contains(index) {
                lines.append(.removed(old[index]))
                index += 1
            } else if added.contains(next) {
                lines.append(.added(new[next]))
                next += 1
            } else {
                lines.append(.same(old[index]))
                index += 1
                next += 1
            }
        }
        return lines
    }
}
