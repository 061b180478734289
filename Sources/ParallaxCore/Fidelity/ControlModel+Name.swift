/// The textual form: what is counted, then options, each after a colon: `fixed_window:first_hit:refusals`.
extension ControlModel {
    /// Parses a name such as `sliding_log`, `fixed_window:first_hit` or `leaky_bucket:burst=20:first_breach`.
    ///
    /// - Throws: ``ControlModelError`` naming the part at fault and what may stand there.
    package init(name: String) throws(ControlModelError) {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard let kind = Kind(rawValue: parts[0]) else { throw .unknownKind(parts[0]) }
        self.init(kind.counting)
        for part in parts.dropFirst() { try apply(part, of: kind) }
    }

    /// The shortest name that ``init(name:)`` takes for this model.
    package var name: String {
        var parts: [String]
        switch counting {
        case .slidingLog: parts = [Kind.slidingLog.rawValue]
        case .fixedWindow(let anchor):
            parts = [Kind.fixedWindow.rawValue] + (anchor == .epoch ? [] : [anchor.rawValue])
        case .slidingCounter(let roundsDown):
            parts = [Kind.slidingCounter.rawValue] + (roundsDown ? ["round_down"] : [])
        case .tokenBucket: parts = [Kind.tokenBucket.rawValue]
        case .leakyBucket(let burst, let isDelayed):
            parts = [Kind.leakyBucket.rawValue] + (burst == 0 ? [] : ["burst=\(burst)"])
            if isDelayed { parts.append("delayed") }
        }
        if countsRefusals { parts.append("refusals") }
        if composition != .allOrNothing { parts.append(composition.rawValue) }
        if hasWholeSeconds { parts.append("whole_seconds") }
        if clockOffsetMilliseconds != 0 { parts.append("clock_ms=\(clockOffsetMilliseconds)") }
        for (window, limit) in limits.sorted(by: { $0.key < $1.key }) { parts.append("limit.\(window)=\(limit)") }
        return parts.joined(separator: ":")
    }

    /// The names of what can be counted.
    package static let kinds = Kind.allCases.map(\.rawValue)

    fileprivate enum Kind: String, CaseIterable {
        case slidingLog = "sliding_log"
        case fixedWindow = "fixed_window"
        case slidingCounter = "sliding_counter"
        case tokenBucket = "token_bucket"
        case leakyBucket = "leaky_bucket"

        var counting: Counting {
            switch self {
            case .slidingLog: .slidingLog
            case .fixedWindow: .fixedWindow(.epoch)
            case .slidingCounter: .slidingCounter(roundsDown: false)
            case .tokenBucket: .tokenBucket
            case .leakyBucket: .leakyBucket(burst: 0, isDelayed: false)
            }
        }

        /// Options that only this kind has.
        var options: [String] {
            switch self {
            case .slidingLog, .tokenBucket: []
            case .fixedWindow: Anchor.allCases.map(\.rawValue)
            case .slidingCounter: ["round_down"]
            case .leakyBucket: ["burst=N", "delayed"]
            }
        }
    }

    /// Options of every kind.
    fileprivate static let commonOptions =
        ["refusals"] + Composition.allCases.map(\.rawValue) + ["whole_seconds", "clock_ms=N", "limit.WINDOW=N"]

    private mutating func apply(_ option: String, of kind: Kind) throws(ControlModelError) {
        let pair = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let number = pair.count == 2 ? Int(pair[1]) : nil
        switch (kind, pair[0], number) {
        case (_, "refusals", _) where pair.count == 1: countsRefusals = true
        case (_, "whole_seconds", _) where pair.count == 1: hasWholeSeconds = true
        case (_, "clock_ms", let offset?) where abs(offset) <= 86_400_000: clockOffsetMilliseconds = Int64(offset)
        case (_, let window, let limit?) where window.hasPrefix("limit.") && (1...Policy.maximumLimit).contains(limit):
            limits[String(window.dropFirst("limit.".count))] = limit
        case (.slidingCounter, "round_down", _) where pair.count == 1: counting = .slidingCounter(roundsDown: true)
        case (.leakyBucket, "burst", let burst?) where (0...Policy.maximumLimit).contains(burst):
            counting = .leakyBucket(burst: burst, isDelayed: isDelayed)
        case (.leakyBucket, "delayed", _) where pair.count == 1:
            counting = .leakyBucket(burst: burst, isDelayed: true)
        default:
            if pair.count == 1, let composition = Composition(rawValue: option) {
                self.composition = composition
            } else if kind == .fixedWindow, let anchor = Anchor(rawValue: option) {
                counting = .fixedWindow(anchor)
            } else {
                throw .unknownOption(option, of: kind.rawValue, known: kind.options + Self.commonOptions)
            }
        }
    }

    /// The burst of a leaky bucket; 0 for the others.
    var burst: Int { if case .leakyBucket(let burst, _) = counting { burst } else { 0 } }

    /// Whether accepted requests are seen after their wait.
    var isDelayed: Bool { if case .leakyBucket(_, let isDelayed) = counting { isDelayed } else { false } }
}

/// Why a text names no model of a limiter.
package enum ControlModelError: Error, Equatable, CustomStringConvertible {
    case unknownKind(String)
    case unknownOption(String, of: String, known: [String])

    package var description: String {
        switch self {
        case .unknownKind(let kind):
            "\"\(kind)\" is not one of \(ControlModel.kinds.joined(separator: ", "))"
        case .unknownOption(let option, let kind, let known):
            "\"\(option)\" is not an option of \(kind); there are \(known.joined(separator: ", "))"
        }
    }
}

extension ControlModel: Codable {
    /// - Throws: `DecodingError` naming the part at fault.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(name: container.decode(String.self))
        } catch let error as ControlModelError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
